// SPDX-License-Identifier: GPL-2.0-only
#include "common/log.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/strbuf.h"
#include "common/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static enum log_level shown = LOG_LEVEL_INFO;
static const char *name = "outpost";
static int log_fd = -1;
static size_t log_left; /* bytes that may still be written to it */
/* Set by log_open(): the agent, which keeps no log, is not linked with the date code. */
static void (*log_copy)(const struct strbuf *line);
static const struct log_line *line_below;

void log_set_level(enum log_level level)
{
	shown = level;
}

enum log_level log_get_level(void)
{
	return shown;
}

void log_set_name(const char *n)
{
	name = n;
}

void log_set_line(const struct log_line *line)
{
	line_below = line;
}

void log_tick(void)
{
	if (line_below)
		line_below->tick();
}

/* Uses one write, so that messages of two processes never mix within a line. */
static void write_whole(int fd, const struct strbuf *sb)
{
	for (size_t done = 0; done < sb->len;) {
		ssize_t n = write(fd, sb->buf + done, sb->len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		done += (size_t)n;
	}
}

static void add_timestamp(struct strbuf *sb)
{
	struct timespec now;
	struct tm tm;
	char text[32];

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	strbuf_addf(sb, "%s.%03ldZ [%d] ", text, now.tv_nsec / 1000000, (int)getpid());
}

static void write_copy(const struct strbuf *line)
{
	_cleanup_(strbuf_release) struct strbuf copy = STRBUF_INIT;

	if (!log_left)
		return;
	add_timestamp(&copy);
	strbuf_add(&copy, line->buf, line->len);
	if (copy.len > log_left)
		strbuf_adds(&copy, "(the log of this command ends here: it is too long)\n");
	write_whole(log_fd, &copy);
	log_left -= copy.len < log_left ? copy.len : log_left;
}

/* Best effort: if it cannot be moved, it grows. */
static void put_away(const char *path)
{
	_cleanup_free_ char *real = realpath(path, NULL);
	_cleanup_free_ char *old = real ? xasprintf("%s.old", real) : NULL;

	if (real)
		(void)!rename(real, old);
}

int log_open(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > LOG_FILE_MAX) {
		close(fd);
		put_away(path);
		fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
		if (fd < 0)
			return -errno;
	}
	log_left = LOG_FILE_MAX;
	if (log_fd >= 0)
		close(log_fd);
	log_fd = fd;
	log_copy = write_copy;
	return 0;
}

/* "outpost: hint: run this" may be a line of a makefile's: "| outpost: hint: run this". */
static void add_foreign(struct strbuf *out, struct text line)
{
	struct text rest = line;

	text_skip_blanks(&rest);
	if (text_take(&rest, name) && text_starts(rest, ":"))
		strbuf_adds(out, "| ");
	strbuf_add_clean(out, line.p, line.n);
	strbuf_addch(out, '\n');
}

/* `below`: lines of somebody else. */
static void emit(enum log_level level, const char *word, const struct strbuf *message,
		 const char *below)
{
	_cleanup_(strbuf_release) struct strbuf line = STRBUF_INIT;
	struct text rest = { below, strlen(below) }, next;

	strbuf_addf(&line, "%s: %s", name, word);
	strbuf_add_clean(&line, message->buf, message->len);
	strbuf_addch(&line, '\n');
	while (text_line(&rest, &next))
		add_foreign(&line, next);
	if (log_copy)
		log_copy(&line);
	if (level > shown)
		return;
	if (line_below)
		line_below->hide();
	write_whole(STDERR_FILENO, &line);
	if (line_below)
		line_below->show();
}

static const char *level_word(enum log_level level)
{
	return level == LOG_LEVEL_ERROR ? "error: " : level == LOG_LEVEL_WARN ? "warning: " : "";
}

void log_message(enum log_level level, const char *fmt, ...)
{
	_cleanup_(strbuf_release) struct strbuf sb = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&sb, fmt, ap);
	va_end(ap);
	emit(level, level_word(level), &sb, "");
}

void log_lines(enum log_level level, const char *text, const char *fmt, ...)
{
	_cleanup_(strbuf_release) struct strbuf sb = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&sb, fmt, ap);
	va_end(ap);
	emit(level, level_word(level), &sb, text);
}

const char *log_reason(int r)
{
	return r == -ENOTREGULAR ? "Not a regular file" : strerror(-r);
}

int log_errno(enum log_level level, int r, const char *fmt, ...)
{
	_cleanup_(strbuf_release) struct strbuf sb = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&sb, fmt, ap);
	va_end(ap);
	strbuf_addf(&sb, ": %s", log_reason(r));
	emit(level, level_word(level), &sb, "");
	return r;
}

void log_hint(const char *fmt, ...)
{
	_cleanup_(strbuf_release) struct strbuf sb = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&sb, fmt, ap);
	va_end(ap);
	emit(LOG_LEVEL_ERROR, "hint: ", &sb, "");
}

void log_begin_question(const char *fmt, ...)
{
	_cleanup_(strbuf_release) struct strbuf sb = STRBUF_INIT, clean = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&sb, fmt, ap);
	va_end(ap);
	strbuf_add_clean(&clean, sb.buf, sb.len);
	if (line_below)
		line_below->hide();
	write_whole(STDERR_FILENO, &clean);
}

void log_end_question(void)
{
	if (line_below)
		line_below->show();
}
