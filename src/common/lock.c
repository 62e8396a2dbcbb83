// SPDX-License-Identifier: GPL-2.0-only
#include "common/lock.h"

#include "common/cleanup.h"
#include "common/log.h"
#include "common/process.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

static int open_lock(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	return fd < 0 ? log_error_errno(-errno, "Cannot open %s", path) : fd;
}

int lock_try(const char *path, int *out)
{
	_cleanup_close_ int fd = open_lock(path);

	if (fd < 0)
		return fd;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? LOCK_HELD
					    : log_error_errno(-errno, "Cannot lock %s", path);
	*out = TAKE_FD(fd);
	return LOCK_TAKEN;
}

static int take(const char *path, int operation, const char *what)
{
	_cleanup_close_ int fd = open_lock(path);

	if (fd < 0)
		return fd;
	if (flock(fd, operation | LOCK_NB) == 0)
		return TAKE_FD(fd);
	if (errno == EWOULDBLOCK)
		log_info("Waiting for another outpost that %s", what);
	while (flock(fd, operation) < 0) {
		if (errno != EINTR)
			return log_error_errno(-errno, "Cannot lock %s", path);
		if (process_interrupted)
			return -EINTR;
	}
	return TAKE_FD(fd);
}

int lock_take(const char *path, const char *what)
{
	return take(path, LOCK_EX, what);
}

int lock_take_shared(const char *path, const char *what)
{
	return take(path, LOCK_SH, what);
}
