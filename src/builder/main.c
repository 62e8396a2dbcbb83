// SPDX-License-Identifier: GPL-2.0-only
/*
 * outpost-builder SOCKET [SECONDS]: PID 1 of the build container. Accepts connections, with a
 * process for each (builder_job()), and exits SECONDS (default: half an hour) after the last of
 * them has ended, whatever their commands left running: the container ends with it.
 */
#include "builder/job.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/process.h"

#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define IDLE_S   (30 * 60)
#define JOBS_MAX 256

struct jobs {
	pid_t pids[JOBS_MAX];
	size_t n;
};

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

/* Reaps children: those of jobs and, as PID 1, processes that their commands left behind. */
static void reap(struct jobs *jobs)
{
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		for (size_t i = 0; i < jobs->n; i++)
			if (jobs->pids[i] == pid)
				jobs->pids[i] = jobs->pids[--jobs->n];
}

/* A command must not keep its own container up. Processes outside of it have no number in it. */
static bool is_from_inside(int fd)
{
	struct ucred peer = { 0 };
	socklen_t size = sizeof(peer);

	return getpid() == 1 && getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
	       peer.pid != 0;
}

static void take_connection(int listener, const sigset_t *mask, struct jobs *jobs)
{
	_cleanup_close_ int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	bool wanted = fd >= 0 && jobs->n < JOBS_MAX && !is_from_inside(fd);
	pid_t pid = wanted ? fork() : -1;

	if (pid > 0)
		jobs->pids[jobs->n++] = pid;
	if (pid != 0)
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

static int serve(int listener, int signals, const sigset_t *mask, int idle_ms)
{
	struct pollfd fds[] = { { .fd = listener, .events = POLLIN },
				{ .fd = signals, .events = POLLIN } };
	struct jobs jobs = { .n = 0 };
	long long since = monotonic_ms();

	for (;;) {
		long long left;
		int r;

		if (jobs.n)
			since = monotonic_ms();
		reap(&jobs);
		left = since + idle_ms - monotonic_ms();
		if (left <= 0)
			return 0;
		r = poll(fds, ARRAY_SIZE(fds), (int)left);
		if (r < 0 && errno != EINTR)
			return trouble("poll");
		if (r > 0 && fds[1].revents && is_told_to_end(signals))
			return 0;
		if (r > 0 && fds[0].revents)
			take_connection(listener, mask, &jobs);
	}
}

int main(int argc, char **argv)
{
	sigset_t wanted, before;
	_cleanup_close_ int listener = -1, signals = -1;

	int idle_s = argc == 3 ? atoi(argv[2]) : IDLE_S;

	if (argc < 2 || argc > 3 || idle_s <= 0 || idle_s > IDLE_S) {
		fprintf(stderr, "usage: outpost-builder SOCKET [SECONDS]\n");
		return 2;
	}
	if (process_open_standard() < 0)
		return trouble("/dev/null");
	/* A rootless engine may forbid it; it has dropped the groups itself then. */
	(void)setgroups(0, NULL);
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
	return serve(listener, signals, &before, idle_s * 1000);
}
