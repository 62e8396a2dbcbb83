// SPDX-License-Identifier: GPL-2.0-only
#include "builder/job.h"

#include "common/builder_wire.h"
#include "common/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* The header, and beside it stdout and stderr of the command. */
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

static const char *path_of(char *const *env)
{
	for (; *env; env++)
		if (strncmp(*env, "PATH=", 5) == 0)
			return *env + 5;
	return "/usr/bin:/bin";
}

/* What this process is decides what its child will be: it has no other. 0 or errno. */
static int start(const struct builder_header *header, const struct builder_command *command,
		 const int output[2], pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	int r;

	umask((mode_t)header->umask & 0777);
	setpriority(PRIO_PROCESS, 0, header->nice);
	setenv("PATH", path_of(command->env), 1); /* where posix_spawnp() looks */
	if (chdir(command->dir) < 0)
		return errno;
	sigemptyset(&none);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, output[0], STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, output[1], STDERR_FILENO);
	r = posix_spawnp(pid, command->argv[0], &actions, &attributes, command->argv, command->env);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return r;
}

/* Until it has ended, or the host has hung up: it says nothing more in any case. */
static int wait_for(int fd, pid_t pid)
{
	_cleanup_close_ int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd fds[] = { { .fd = pidfd, .events = POLLIN },
				{ .fd = fd, .events = POLLIN | POLLRDHUP } };
	int status;

	while (poll(fds, ARRAY_SIZE(fds), -1) < 0 && errno == EINTR)
		;
	if (pidfd < 0 || !fds[0].revents)
		kill(-pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int run(int fd, const struct builder_header *header, const struct builder_command *command,
	       int output[2])
{
	pid_t pid;
	int r = start(header, command, output, &pid);

	/* Whoever reads them waits for the end of the last that holds them. */
	close(TAKE_FD(output[0]));
	close(TAKE_FD(output[1]));
	if (r != 0)
		return reply(fd, r, 0);
	r = reply(fd, 0, 0);
	if (r < 0) {
		kill(-pid, SIGKILL);
		return r;
	}
	r = wait_for(fd, pid);
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
