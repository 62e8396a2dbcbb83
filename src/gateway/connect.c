// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connects to the ssh socket of a board and passes the connection to ssh (ProxyUseFdpass in
 * ssh_config(5)), so no process stays between the two.
 */
#include "gateway/gateway.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/unix_socket.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ssh expects one byte with the descriptor. */
static int pass(int fd)
{
	char byte = 0;
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec data = { &byte, 1 };
	struct msghdr message = { .msg_iov = &data,
				  .msg_iovlen = 1,
				  .msg_control = control.space,
				  .msg_controllen = sizeof(control.space) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	return sendmsg(STDOUT_FILENO, &message, 0) < 0 ? -errno : 0;
}

static int explain(const char *name, const char *root, int r)
{
	if (r == -EACCES) {
		log_error("You may not use board %s: you are not in the group " TUNNEL_GROUP, name);
		log_hint("As root, run usermod -aG " TUNNEL_GROUP " USER; then log in again");
	} else if (r == -ENOENT && !fs_is_dir(root)) {
		log_error("There is no board %s on this gateway", name);
		log_hint("Run outpost tunnel list");
	} else if (r == -ENOENT || r == -ECONNREFUSED || r == -EAGAIN) {
		log_error("Board %s is not connected to this gateway", name);
		log_hint("Run outpost tunnel status %s", name);
	} else {
		log_error_errno(r, "Cannot connect to board %s", name);
	}
	return 1;
}

int cmd_connect(int argc, char **argv)
{
	const char *name = argv[0];
	_cleanup_free_ char *root = NULL, *sockets = NULL;
	_cleanup_close_ int fd = -1;
	int r;

	(void)argc;
	if (!tunnel_is_name(name)) {
		log_error("'%s' is not the name of a board", name);
		return 2;
	}
	root = xasprintf("%s/" TUNNEL_ACCOUNT "%s", gateway_places.roots, name);
	sockets = xasprintf("%s/" TUNNEL_SOCKETS, root);
	fd = unix_socket_connect(sockets, TUNNEL_SSH_SOCKET, true);
	if (fd < 0)
		return explain(name, root, fd);
	r = pass(fd);
	if (r == 0)
		return 0;
	log_error_errno(r, "Cannot pass the connection to ssh");
	log_hint("Set ProxyUseFdpass yes beside ProxyCommand");
	return 1;
}
