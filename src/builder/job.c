// SPDX-License-Identifier: GPL-2.0-only
#include "builder/job.h"

#include "common/builder_wire.h"
#include "common/cleanup.h"
#include "common/process.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Receives the header and, with it, stdout and stderr for the command. */
static int receive_header(int fd, struct builder_header *header, int output[2])
{
	char control[CMSG_SPACE(2 * sizeof(int))] __attribute__((aligned(8)));
	struct iovec data = { .iov_base = header, .iov_len = sizeof(*header) };
	struct msghdr message = { .msg_iov = &data,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	const struct cmsghdr *part;
	ssize_t n = recvmsg(fd, &message, MSG_CMSG_CLOEXEC | MSG_WAITALL);

	if (n < 0)
		return -errno;
	part = CMSG_FIRSTHDR(&message);
	if (part && part->cmsg_type == SCM_RIGHTS && part->cmsg_len == CMSG_LEN(2 * sizeof(int)))
		memcpy(output, CMSG_DATA(part), 2 * sizeof(int));
	if (n != sizeof(*header) || output[0] < 0)
		return -EBADMSG;
	return builder_check(header);
}

static int receive(int fd, char *data, size_t n)
{
	ssize_t got = recv(fd, data, n, MSG_WAITALL);

	if (got < 0)
		return -errno;
	return (size_t)got == n ? 0 : -EBADMSG;
}

static int reply(int fd, int error, int status)
{
	struct builder_reply r = { .magic = BUILDER_MAGIC, .error = error, .status = status };

	return send(fd, &r, sizeof(r), MSG_NOSIGNAL) == sizeof(r) ? 0 : -errno;
}

/* Sets attributes of this process: its only child inherits them. 0 or -errno. */
static int start(const struct builder_header *header, const struct builder_command *command,
		 const int output[2], struct process *process)
{
	const int fds[] = { PROCESS_NULL, output[0], output[1] };

	umask((mode_t)header->umask & 0777);
	setpriority(PRIO_PROCESS, 0, header->nice);
	return process_start(process, command->argv,
			     &(struct process_setup){ .dir = command->dir,
						      .env = command->env,
						      .fds = fds,
						      .group = PROCESS_OWN_SESSION });
}

/* Waits until the command ends or the host hangs up: it sends nothing more in any case. */
static int wait_for(int fd, pid_t pid)
{
	_cleanup_close_ int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd fds[] = { { .fd = pidfd, .events = POLLIN },
				{ .fd = fd, .events = POLLIN | POLLRDHUP } };

	while (poll(fds, ARRAY_SIZE(fds), -1) < 0 && errno == EINTR)
		;
	if (pidfd < 0 || !fds[0].revents)
		kill(-pid, SIGKILL);
	return process_wait(pid);
}

static int run(int fd, const struct builder_header *header, const struct builder_command *command,
	       int output[2])
{
	struct process process;
	int r = start(header, command, output, &process);

	/* Close our copies: a reader waits until the last one is closed. */
	close_fd(&output[0]);
	close_fd(&output[1]);
	if (r < 0)
		return reply(fd, -r, 0);
	r = reply(fd, 0, 0);
	if (r < 0) {
		kill(-process.pid, SIGKILL);
		return r;
	}
	r = wait_for(fd, process.pid);
	return r < 0 ? r : reply(fd, 0, r);
}

int builder_job(int fd)
{
	static const struct timeval limit = { .tv_sec = 10 };
	_cleanup_(builder_command_release) struct builder_command command = { 0 };
	_cleanup_free_ char *strings = NULL;
	struct builder_header header;
	int output[2] = { -1, -1 };
	int r;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	r = receive_header(fd, &header, output);
	if (r == -EPROTO)
		reply(fd, EPROTO, 0);
	if (r < 0)
		return r;
	strings = malloc(header.size + 1u);
	if (!strings)
		return reply(fd, ENOMEM, 0);
	r = receive(fd, strings, header.size);
	if (r == 0)
		r = builder_unpack(&header, strings, &command);
	return r < 0 ? r : run(fd, &header, &command, output);
}
