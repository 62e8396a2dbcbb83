// SPDX-License-Identifier: GPL-2.0-only
#include "host/vm/console_log.h"

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/process.h"
#include "host/base/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE (16 * 1024)

static int open_log(int dir)
{
	int fd = openat(dir, CONSOLE_LOG, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
			0600);

	return fd < 0 ? -errno : fd;
}

/* Never stops before the end: QEMU would wait, and with it the guest. */
static void keep(int in, int dir, int log)
{
	static char piece[PIECE];
	size_t length = 0;
	ssize_t n;

	while ((n = read(in, piece, sizeof(piece))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return;
		if (length + (size_t)n > CONSOLE_LOG_MAX) {
			close_fd(&log);
			(void)renameat(dir, CONSOLE_LOG, dir, CONSOLE_LOG_OLD);
			log = open_log(dir);
			length = 0;
		}
		if (log >= 0) /* a full disk costs the log, not the vm */
			(void)fs_write_all(log, piece, (size_t)n);
		length += (size_t)n;
	}
}

/* Drops all that is not for this: locks, pipes, the terminal. */
static _Noreturn void run_keeper(int in, int dir, int log)
{
	enum { IN = 0, DIR_FD = 3, LOG_FD = 4, END };
	int null = open("/dev/null", O_RDWR);

	/* moved up first, so that dup2() closes none of them */
	in = fcntl(in, F_DUPFD, 10);
	dir = fcntl(dir, F_DUPFD, 10);
	log = fcntl(log, F_DUPFD, 10);
	if (null < 0 || in < 0 || dir < 0 || log < 0)
		_exit(1);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	dup2(in, IN);
	dup2(dir, DIR_FD);
	dup2(log, LOG_FD);
	close_range(END, ~0U, 0);
	setsid();
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	prctl(PR_SET_NAME, "outpost-console");
	keep(IN, DIR_FD, LOG_FD);
	_exit(0);
}

/* Through a child that ends at once, so that nobody has to wait for the keeper. */
static int start_keeper(int in, int dir, int log)
{
	pid_t pid = fork();
	int r;

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		pid = fork();
		if (pid == 0)
			run_keeper(in, dir, log);
		_exit(pid < 0);
	}
	r = process_wait(pid);
	return r > 0 ? -EAGAIN : r;
}

static int make_pipe(int dir)
{
	if (unlinkat(dir, CONSOLE_PIPE, 0) < 0 && errno != ENOENT)
		return -errno;
	if (unlinkat(dir, CONSOLE_LOG_OLD, 0) < 0 && errno != ENOENT)
		return -errno;
	return mkfifoat(dir, CONSOLE_PIPE, 0600) < 0 ? -errno : 0;
}

int console_log_start(const char *path)
{
	_cleanup_close_ int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_close_ int in = -1, out = -1, log = -1;
	int r = dir < 0 ? -errno : make_pipe(dir);

	if (r < 0)
		return r;
	/* O_NONBLOCK: there is no writer yet */
	in = openat(dir, CONSOLE_PIPE, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	out = openat(dir, CONSOLE_PIPE, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	if (in < 0 || out < 0 || fcntl(in, F_SETFL, 0) < 0)
		return -errno;
	log = open_log(dir);
	r = log < 0 ? log : start_keeper(in, dir, log);
	return r < 0 ? r : TAKE_FD(out);
}

bool console_log_grows(const char *dir)
{
	_cleanup_free_ char *path = path_join(dir, CONSOLE_PIPE, NULL);
	_cleanup_close_ int fd = open(path, O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);

	return fd >= 0; /* ENXIO: nobody reads */
}
