// SPDX-License-Identifier: GPL-2.0-only
#include "agent/run/supervisor.h"

#include "common/fs.h"
#include "common/options.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

volatile sig_atomic_t supervisor_cancelled;

static volatile sig_atomic_t worker; /* 0 in the worker itself */

static void on_cancel(int signal_number)
{
	(void)signal_number;
	supervisor_cancelled = 1;
	if (worker > 0)
		kill(worker, SIGTERM);
}

static void on_keepers_death(int signal_number)
{
	(void)signal_number;
	supervisor_alone = 1;
}

static void set_signals(void)
{
	struct sigaction action = { .sa_handler = on_cancel };
	sigset_t term;

	sigaction(SIGTERM, &action, NULL);
	action.sa_handler = on_keepers_death;
	sigaction(SIGUSR1, &action, NULL);
	/* serve blocked it, so that a cancel right after the start does not kill us. */
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_UNBLOCK, &term, NULL);
	action.sa_handler = SIG_DFL;
	/* serve ignores it, which is inherited: children would leave no status. */
	sigaction(SIGCHLD, &action, NULL);
	action.sa_handler = SIG_IGN;
	sigaction(SIGHUP, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGPIPE, &action, NULL);
}

/* Leaves the login's cgroup, which may end with the login, and the OOM killer's reach. */
static void leave_login(void)
{
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	if (fs_exists("/sys/fs/cgroup/cgroup.procs")) {
		mkdir("/sys/fs/cgroup/outpost", 0755);
		(void)fs_write_existing("/sys/fs/cgroup/outpost/cgroup.procs", pid);
	}
	(void)fs_write_existing("/proc/self/oom_score_adj", "-1000");
}

/* Waits for the worker, and cleans up if it did not finish. */
static int keep(struct supervisor *s, pid_t pid)
{
	int status;

	/*
	 * Only the worker may hold the watchdog open: closing it must stop it before systemd
	 * gets it back.
	 */
	guard_let_go(&s->guard);
	worker = pid;
	if (supervisor_cancelled) /* perhaps since the fork */
		kill(pid, SIGTERM);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	worker = 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	step_end_strays();
	supervisor_unload_rest(s);
	guard_disarm(&s->guard);
	return 1;
}

int supervise(int argc, char **argv)
{
	static struct supervisor s; /* large, and zeroed */
	int attempt, r;
	pid_t pid;

	if (argc < 3 || parse_int(argv[2], 1, 100, &attempt) < 0)
		return 2;
	/* Kernel reports show this name; started as /proc/self/exe it would be "exe". */
	prctl(PR_SET_NAME, "outpost-agent");
	set_signals();
	fcntl(SUPERVISOR_LOCK_FD, F_SETFD, FD_CLOEXEC); /* inherited, but not passed on */
	leave_login();
	(void)step_adopt();
	r = supervisor_open(&s, argv[0], argv[1]);
	if (r < 0) {
		supervisor_refuse(&s, r);
		return 1;
	}
	guard_arm(&s.guard, &s.dirs);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGUSR1);
		(void)step_adopt();
		mlockall(MCL_CURRENT | MCL_FUTURE);
		_exit(supervisor_work(&s, (uint32_t)attempt, argc - 3, argv + 3));
	}
	if (pid < 0) {
		guard_disarm(&s.guard);
		return 1;
	}
	return keep(&s, pid);
}
