// SPDX-License-Identifier: GPL-2.0-only
#include "host/vm/console.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/process.h"
#include "host/base/paths.h"
#include "host/vm/console_log.h"
#include "host/vm/guest.h"
#include "host/vm/qemu.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

/* How much of the console log is read. */
#define END_LENGTH (64 * 1024)

#define ESCAPE 0x1d /* ctrl-] */

off_t console_length(const char *dir)
{
	_cleanup_free_ char *path = path_join(dir, CONSOLE_LOG, NULL);
	struct stat st;

	return stat(path, &st) < 0 ? 0 : st.st_size;
}

/* Appends the file's bytes after `from`, at most the last END_LENGTH of them. */
static int add_end(const char *dir, const char *name, off_t from, struct strbuf *text)
{
	_cleanup_free_ char *path = path_join(dir, name, NULL);
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size - from > END_LENGTH)
		from = st.st_size - END_LENGTH;
	strbuf_grow(text, END_LENGTH);
	n = pread(fd, text->buf + text->len, END_LENGTH, from);
	if (n < 0)
		return -errno;
	text->len += (size_t)n;
	text->buf[text->len] = '\0';
	return 0;
}

/*
 * The end of what was printed after the log was `from` bytes long. If the log was longer then
 * than it is now, a new one was begun meanwhile.
 */
static int read_end(const char *dir, off_t from, struct strbuf *text)
{
	bool is_new = from > console_length(dir);
	int r;

	strbuf_reset(text);
	if (is_new)
		(void)add_end(dir, CONSOLE_LOG_OLD, from, text);
	r = add_end(dir, CONSOLE_LOG, is_new ? 0 : from, text);
	/* for strstr(): the console may contain zeros */
	for (char *zero; (zero = memchr(text->buf, '\0', text->len));)
		*zero = ' ';
	return r;
}

/* 1: found; 0: not yet; or -errno. */
static int look(const char *dir, off_t from, const char *what)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r = read_end(dir, from, &text);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (strstr(text.buf, what))
		return 1;
	return strstr(text.buf, GUEST_FAILED) ? -EIO : 0;
}

int console_await(const char *dir, off_t from, const char *what, int timeout_ms)
{
	long long deadline = monotonic_ms() + timeout_ms;
	off_t seen = -1;

	for (;;) {
		bool alive = qemu_pid(dir) != 0 || console_log_grows(dir);
		off_t length = console_length(dir);
		int r = length == seen ? 0 : look(dir, from, what);

		if (r)
			return r < 0 ? r : 0;
		if (!alive)
			return -ECONNRESET;
		if (process_interrupted)
			return -EINTR;
		if (monotonic_ms() >= deadline)
			return -ETIME;
		seen = length;
		log_tick();
		nanosleep(&(struct timespec){ .tv_nsec = 5 * 1000000 }, NULL);
	}
}

void console_show_end(const char *dir, int n)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	char *line, *save = NULL, *start;

	if (read_end(dir, 0, &text) < 0 || text.len == 0) {
		log_error("The console is empty");
		return;
	}
	start = text.buf + text.len;
	/* stops at the newline that ends the line before them */
	for (int newlines = 0; start > text.buf; start--)
		if (start[-1] == '\n' && start != text.buf + text.len && ++newlines == n)
			break;
	log_error("Last lines on the console:");
	for (line = strtok_r(start, "\r\n", &save); line; line = strtok_r(NULL, "\r\n", &save))
		log_error("  %s", line);
}

/* Copies what can be read now; returns 1 at the end of input, or at Ctrl-] if `escapable`. */
static int move(int from, int to, bool escapable)
{
	char piece[4096];
	ssize_t n = read(from, piece, sizeof(piece));
	char *escape;
	int r;

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	escape = escapable && n > 0 ? memchr(piece, ESCAPE, (size_t)n) : NULL;
	r = fs_write_all(to, piece, escape ? (size_t)(escape - piece) : (size_t)n);
	return r < 0 ? r : n == 0 || escape;
}

static int relay(int fd)
{
	struct pollfd fds[] = { { .fd = STDIN_FILENO, .events = POLLIN },
				{ .fd = fd, .events = POLLIN } };
	int r = 0;

	while (r == 0 && !process_interrupted) {
		if (poll(fds, ARRAY_SIZE(fds), -1) < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		if (fds[1].revents)
			r = move(fd, STDOUT_FILENO, false);
		if (r == 0 && fds[0].revents)
			r = move(STDIN_FILENO, fd, true);
	}
	return r < 0 ? r : 0;
}

int console_attach(int fd)
{
	struct termios saved, raw;
	bool terminal = tcgetattr(STDIN_FILENO, &saved) == 0;
	int r;

	if (terminal) {
		raw = saved;
		cfmakeraw(&raw);
		tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	}
	r = relay(fd);
	if (terminal)
		tcsetattr(STDIN_FILENO, TCSANOW, &saved);
	return r;
}
