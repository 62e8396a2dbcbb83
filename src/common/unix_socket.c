// SPDX-License-Identifier: GPL-2.0-only
#include "common/unix_socket.h"

#include "common/beneath.h"
#include "common/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

/* The socket itself, not what a link of that name leads to. Returns the descriptor. */
static int open_socket(int dir, const char *name)
{
	_cleanup_close_ int fd = beneath_open(dir, name, O_PATH, 0);
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	return S_ISSOCK(st.st_mode) ? TAKE_FD(fd) : -ENOTSOCK;
}

int unix_socket_connect(const char *dir, const char *name, bool nonblocking)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_close_ int root = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_close_ int there = root < 0 ? -errno : open_socket(root, name), fd = -1;

	if (there < 0)
		return there;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | (nonblocking ? SOCK_NONBLOCK : 0), 0);
	if (fd < 0)
		return -errno;
	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d", there);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return TAKE_FD(fd);
}
