// SPDX-License-Identifier: GPL-2.0-only
#include "common/lock.h"

#include "common/cleanup.h"
#include "common/log.h"
#include "common/process.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

int lock_try(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return log_error_errno(-errno, "Cannot open %s", path);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return TAKE_FD(fd);
	return errno == EWOULDBLOCK ? -EWOULDBLOCK
				    : log_error_errno(-errno, "Cannot lock %s", path);
}

int lock_take(const char *path, const char *what)
{
	_cleanup_close_ int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return log_error_errno(-errno, "Cannot open %s", path);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return TAKE_FD(fd);
	if (errno == EWOULDBLOCK)
		log_info("Waiting for another outpost that %s", what);
	while (flock(fd, LOCK_EX) < 0) {
		if (errno != EINTR)
			return log_error_errno(-errno, "Cannot lock %s", path);
		if (process_interrupted)
			return -EINTR;
	}
	return TAKE_FD(fd);
}
