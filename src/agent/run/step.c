// SPDX-License-Identifier: GPL-2.0-only
#include "agent/run/step.h"

#include "agent/base/dirs.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/fs.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define REPORT_FD   3   /* in a child */
#define STRAY_TURNS 200 /* of a millisecond each */

/* The supervisor is protected from the OOM killer and from signals; its children are not. */
static void become_ordinary(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int s = 1; s < NSIG; s++)
		signal(s, SIG_DFL);
	(void)fs_write_existing("/proc/self/oom_score_adj", "0");
	munlockall();
}

/*
 * Closes everything else: a child that cannot be killed would hold the board's lock and
 * watchdog forever, and a test program would inherit the lock.
 */
static void redirect(int output, int report_fd)
{
	int null = open("/dev/null", O_RDWR);

	dup2(null, STDIN_FILENO);
	dup2(output >= 0 ? output : null, STDOUT_FILENO);
	dup2(output >= 0 ? output : null, STDERR_FILENO);
	dup2(report_fd, REPORT_FD);
	fcntl(REPORT_FD, F_SETFD, FD_CLOEXEC);
	close_range(REPORT_FD + 1, ~0u, 0);
}

static _Noreturn void run_child(step_fn fn, const void *arg, int report_fd, int output,
				pid_t parent)
{
	struct step_report report = { 0 };
	int status;

	setsid();
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* die with the parent */
	if (getppid() != parent)          /* it died already: no signal will come */
		_exit(1);
	become_ordinary();
	redirect(output, report_fd);
	status = fn(arg, &report);
	(void)!write(REPORT_FD, &report, sizeof(report));
	_exit(status);
}

static void close_pair(const int fds[2])
{
	for (int i = 0; i < 2; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

void step_signal(const struct step *step, int signal_number)
{
	/* Between fork() and setsid() the group does not exist yet. */
	if (kill(-step->pid, signal_number) < 0)
		kill(step->pid, signal_number);
}

static void close_step(struct step *step)
{
	if (step->pidfd >= 0)
		close(step->pidfd);
	if (step->output_fd >= 0)
		close(step->output_fd);
	close(step->report_fd);
}

int step_start(struct step *step, step_fn fn, const void *arg, bool capture)
{
	int report[2] = { -1, -1 }, output[2] = { -1, -1 };
	pid_t parent;
	int r;

	if (pipe2(report, O_CLOEXEC) < 0 || (capture && pipe2(output, O_CLOEXEC) < 0)) {
		r = -errno;
		goto err_pipes;
	}
	*step = (struct step){ .started_us = boottime_us(),
			       .report_fd = report[0],
			       .output_fd = output[0] };
	parent = getpid();
	step->pid = fork();
	if (step->pid < 0) {
		r = -errno;
		goto err_pipes;
	}
	if (step->pid == 0)
		run_child(fn, arg, report[1], output[1], parent);
	close(report[1]);
	if (capture) {
		close(output[1]);
		fcntl(output[0], F_SETFL, O_NONBLOCK);
	}
	step->pidfd = (int)syscall(SYS_pidfd_open, step->pid, 0);
	if (step->pidfd >= 0)
		return 0;
	/* Nothing would notice its end. */
	r = -errno;
	step_signal(step, SIGKILL);
	waitpid(step->pid, NULL, 0);
	close_step(step);
	return r;

err_pipes:
	close_pair(report);
	close_pair(output);
	return r;
}

void step_finish(struct step *step, outpost_StepEnd *end)
{
	struct step_report report = { 0 };
	int status = 0, r;

	while ((r = waitpid(step->pid, &status, 0)) < 0 && errno == EINTR)
		;
	if (r < 0) /* how it ended is unknown: not a success */
		report.error = errno;
	fcntl(step->report_fd, F_SETFL, O_NONBLOCK);
	if (r >= 0 && read(step->report_fd, &report, sizeof(report)) == sizeof(report))
		report.detail[sizeof(report.detail) - 1] = '\0';
	end->error = report.error;
	end->tries = report.tries;
	proto_set(end->detail, report.detail);
	if (WIFEXITED(status))
		end->exit_status = WEXITSTATUS(status);
	else if (WIFSIGNALED(status))
		end->signal = WTERMSIG(status);
	end->duration_us = boottime_us() - step->started_us;
	close_step(step);
}

void step_abandon(struct step *step, outpost_StepEnd *end)
{
	end->stuck = true;
	end->duration_us = boottime_us() - step->started_us;
	close_step(step);
}

int step_adopt(void)
{
	return prctl(PR_SET_CHILD_SUBREAPER, 1) < 0 ? -errno : 0;
}

/*
 * The parent of a process, from /proc/<pid>/stat: "pid (name) state parent ...", where the
 * name may contain anything.
 */
static pid_t parent_of(const char *pid)
{
	char path[64], text[512];
	const char *end;

	snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
	dirs_read(path, text, sizeof(text));
	end = strrchr(text, ')');
	return end && strlen(end) > 4 ? (pid_t)strtol(end + 4, NULL, 10) : -1;
}

static void kill_children(void)
{
	_cleanup_closedir_ DIR *dir = opendir("/proc");
	const struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (isdigit((unsigned char)entry->d_name[0]) &&
		    parent_of(entry->d_name) == getpid())
			kill((pid_t)strtol(entry->d_name, NULL, 10), SIGKILL);
}

unsigned int step_end_strays(void)
{
	struct timespec pause = { .tv_nsec = 1000 * 1000 };
	unsigned int n = 0;
	pid_t pid;

	/*
	 * A child that ends may leave its own children to us; one that cannot be killed is not
	 * waited for.
	 */
	for (int i = 0; i < STRAY_TURNS; i++) {
		while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
			n++;
		if (pid < 0 && errno == ECHILD)
			break;
		if (i % 16 == 0)
			kill_children();
		nanosleep(&pause, NULL);
	}
	return n;
}
