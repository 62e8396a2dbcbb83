// SPDX-License-Identifier: GPL-2.0-only
/*
 * outpost-builder SOCKET: PID 1 of the build container. Accepts connections, with a process
 * for each (builder_job()), and exits after some time without requests.
 */
#include "builder/job.h"

#include "common/cleanup.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define IDLE_MS (4 * 60 * 60 * 1000)

static int trouble(const char *what)
{
	fprintf(stderr, "outpost-builder: %s: %s\n", what, strerror(errno));
	return 1;
}

static int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(address.sun_path, path);
	unlink(path);
	umask(0077);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(fd, 64) < 0)
		return -1;
	return TAKE_FD(fd);
}

/* Reaps children: our own and, as PID 1, orphaned processes. */
static bool has_children(void)
{
	pid_t pid;

	do
		pid = waitpid(-1, NULL, WNOHANG);
	while (pid > 0);
	return pid == 0;
}

static void take_connection(int listener, const sigset_t *mask)
{
	_cleanup_close_ int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0 || fork() != 0)
		return;
	close(listener);
	sigprocmask(SIG_SETMASK, mask, NULL);
	_exit(builder_job(fd) < 0);
}

static bool is_told_to_end(int signals)
{
	struct signalfd_siginfo info;

	return read(signals, &info, sizeof(info)) == sizeof(info) && info.ssi_signo != SIGCHLD;
}

static int serve(int listener, int signals, const sigset_t *mask)
{
	struct pollfd fds[] = { { .fd = listener, .events = POLLIN },
				{ .fd = signals, .events = POLLIN } };

	for (;;) {
		bool busy = has_children();
		int r = poll(fds, ARRAY_SIZE(fds), IDLE_MS);

		if (r < 0 && errno != EINTR)
			return trouble("poll");
		if (r == 0 && !busy)
			return 0;
		if (r > 0 && fds[1].revents && is_told_to_end(signals))
			return 0;
		if (r > 0 && fds[0].revents)
			take_connection(listener, mask);
	}
}

int main(int argc, char **argv)
{
	sigset_t wanted, before;
	_cleanup_close_ int listener = -1, signals = -1;

	if (argc != 2) {
		fprintf(stderr, "usage: outpost-builder SOCKET\n");
		return 2;
	}
	/* PID 1 ignores signals that it does not handle. */
	sigemptyset(&wanted);
	sigaddset(&wanted, SIGCHLD);
	sigaddset(&wanted, SIGTERM);
	sigaddset(&wanted, SIGINT);
	sigprocmask(SIG_BLOCK, &wanted, &before);
	signals = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals < 0)
		return trouble("signalfd");
	listener = listen_at(argv[1]);
	if (listener < 0)
		return trouble(argv[1]);
	return serve(listener, signals, &before);
}
