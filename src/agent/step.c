// SPDX-License-Identifier: GPL-2.0-only
#include "agent/step.h"

#include "common/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

uint64_t boottime_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* The supervisor is kept from the OOM killer and from signals; its children are not. */
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

static void redirect(int output)
{
	int null = open("/dev/null", O_RDWR);

	dup2(null, STDIN_FILENO);
	dup2(output >= 0 ? output : null, STDOUT_FILENO);
	dup2(output >= 0 ? output : null, STDERR_FILENO);
}

static void __attribute__((noreturn))
run_child(step_fn fn, const void *arg, int report_fd, int output)
{
	struct step_report report = { 0 };
	int status;

	setsid();
	become_ordinary();
	redirect(output);
	status = fn(arg, &report);
	(void)!write(report_fd, &report, sizeof(report));
	_exit(status);
}

static void close_pair(const int fds[2])
{
	for (int i = 0; i < 2; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

int step_start(struct step *step, step_fn fn, const void *arg, bool capture)
{
	int report[2] = { -1, -1 }, output[2] = { -1, -1 };
	int r;

	if (pipe2(report, O_CLOEXEC) < 0 || (capture && pipe2(output, O_CLOEXEC) < 0)) {
		r = -errno;
		goto err_pipes;
	}
	*step = (struct step){ .started_us = boottime_us(), .report_fd = report[0], .output_fd = output[0] };
	step->pid = fork();
	if (step->pid < 0) {
		r = -errno;
		goto err_pipes;
	}
	if (step->pid == 0)
		run_child(fn, arg, report[1], output[1]);
	close(report[1]);
	if (capture) {
		close(output[1]);
		fcntl(output[0], F_SETFL, O_NONBLOCK);
	}
	step->pidfd = (int)syscall(SYS_pidfd_open, step->pid, 0);
	return 0;

err_pipes:
	close_pair(report);
	close_pair(output);
	return r;
}

void step_signal(const struct step *step, int signal_number)
{
	/* Between fork() and setsid() the group is not there yet. */
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

void step_finish(struct step *step, outpost_StepEnd *end)
{
	struct step_report report = { 0 };
	int status = 0, r;

	while ((r = waitpid(step->pid, &status, 0)) < 0 && errno == EINTR)
		;
	if (r < 0) /* nobody knows how it ended: that is no success */
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
	end->duration_us = (uint32_t)(boottime_us() - step->started_us);
	close_step(step);
}

void step_abandon(struct step *step, outpost_StepEnd *end)
{
	end->stuck = true;
	end->duration_us = (uint32_t)(boottime_us() - step->started_us);
	close_step(step);
}
