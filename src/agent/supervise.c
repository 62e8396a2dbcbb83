// SPDX-License-Identifier: GPL-2.0-only
#include "agent/supervisor.h"

#include "agent/build_id.h"
#include "agent/pstore.h"
#include "common/fs.h"
#include "common/options.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>

volatile sig_atomic_t supervisor_cancelled;

static volatile sig_atomic_t worker; /* 0 in itself */

static void on_cancel(int signal_number)
{
	(void)signal_number;
	supervisor_cancelled = 1;
	if (worker > 0)
		kill(worker, SIGTERM);
}

static void on_report(const struct klog_report *report, void *arg)
{
	/* klog.begun is what counts here; what the report says is the host's business. */
	(void)report;
	(void)arg;
}

/* --- start ------------------------------------------------------------------- */

static void set_signals(void)
{
	struct sigaction action = { .sa_handler = on_cancel };
	sigset_t term;

	sigaction(SIGTERM, &action, NULL);
	/* Serve blocked it, so that a cancel that comes right behind the start is not the end of us. */
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_UNBLOCK, &term, NULL);
	action.sa_handler = SIG_DFL;
	sigaction(SIGCHLD, &action, NULL); /* serve ignores it, and that is inherited: children would leave no status */
	action.sa_handler = SIG_IGN;
	sigaction(SIGHUP, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGPIPE, &action, NULL);
}

/* Out of the login's cgroup, which may end with the login, and out of the OOM killer's reach. */
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

/* What the journal says so far: the plan, and the boot that it was left in. */
static int take_entry(const outpost_Entry *e, void *arg)
{
	struct supervisor *s = arg;

	switch (e->which_body) {
	case outpost_Entry_plan_tag:
		if (s->modules || e->body.plan.modules > PLAN_MAX)
			return -EBADMSG;
		s->plan = e->body.plan;
		s->modules = calloc(s->plan.modules, sizeof(*s->modules));
		s->unusable = calloc(s->plan.modules, sizeof(*s->unusable));
		return s->modules && s->unusable ? 0 : -ENOMEM;
	case outpost_Entry_module_tag:
		if (s->n_modules == s->plan.modules || e->body.module.index != s->n_modules)
			return -EBADMSG;
		s->modules[s->n_modules++] = e->body.module;
		return 0;
	case outpost_Entry_reboot_tag:
		if (e->body.reboot.index < s->n_modules)
			s->unusable[e->body.reboot.index] = true;
		return 0;
	}
	return 0;
}

struct last_boot {
	bool found;
	char nonce[40];
};

static int find_boot(const outpost_Entry *e, void *arg)
{
	struct last_boot *last = arg;

	if (e->which_body == outpost_Entry_boot_tag) {
		last->found = true;
		proto_set(last->nonce, e->body.boot.nonce);
	}
	return 0;
}

/* A plan from a host is checked once, here, before anything acts on its numbers. */
static bool plan_is_sound(const struct supervisor *s)
{
	for (size_t i = 0; i < s->n_modules; i++) {
		const outpost_PlanModule *m = &s->modules[i];

		if (!place_plain(m->name) ||
		    (m->hash.size != HASH_SIZE && s->plan.purpose != outpost_Purpose_UNLOAD) ||
		    (m->program.size && m->program.size != HASH_SIZE))
			return false;
		for (pb_size_t k = 0; k < m->needs_count; k++)
			if (m->needs[k] >= s->n_modules || m->needs[k] == i)
				return false;
		for (pb_size_t k = 0; k < m->in_tree_count; k++)
			if (!place_plain(m->in_tree[k]))
				return false;
	}
	return s->n_modules == s->plan.modules && s->n_modules > 0;
}

static int open_run(struct supervisor *s, const char *home, const char *run)
{
	uint64_t size;
	int r = place_init_home(&s->place, home);

	if (r == 0)
		r = journal_open(&s->journal, &s->place, run, true);
	if (r == 0)
		r = journal_each(&s->journal, take_entry, s, &size);
	if (r == 0 && !plan_is_sound(s))
		r = -EBADMSG;
	return r;
}

static void write_boot(struct supervisor *s)
{
	outpost_Boot *boot = &watch_entry(s, outpost_Entry_boot_tag)->body.boot;
	struct utsname un;

	uname(&un);
	place_boot(&s->place, boot->boot_id, boot->nonce);
	proto_set(boot->release, un.release);
	proto_set(boot->agent, build_id());
	boot->wall_s = (uint64_t)time(NULL);
	boot->panics_on_oops = s->guard.panics_on_oops;
	boot->watchdog_s = s->guard.watchdog_s;
	watch_write(s, false);
}

/* Pstore belongs to this run when the board went down since the run's last supervisor wrote. */
static void take_survivors(struct supervisor *s)
{
	char boot_id[40], nonce[40];
	struct last_boot last = { 0 };
	uint64_t size;

	journal_each(&s->journal, find_boot, &last, &size);
	place_boot(&s->place, boot_id, nonce);
	if (!last.found)
		pstore_set_aside(&s->place);
	else if (strcmp(last.nonce, nonce) != 0)
		pstore_collect(&s->journal);
}

/* --- end ----------------------------------------------------------------------- */

static void write_end(struct supervisor *s)
{
	outpost_RunEnd *end = &watch_entry(s, outpost_Entry_run_end_tag)->body.run_end;

	end->cancelled = supervisor_cancelled;
	if (s->journal.error) {
		end->error = -s->journal.error;
		snprintf(end->what, sizeof(end->what), "The journal could not be written on the board: %s",
			 strerror(-s->journal.error));
	}
	watch_write(s, true);
}

/*
 * Synced, if that works within a few seconds, then at once: an orderly reboot
 * waits for what may never end, and stops the watchdog before it does.
 */
static void reboot_board(void)
{
	struct timespec pause = { .tv_nsec = 20 * 1000 * 1000 };
	pid_t pid = fork();

	if (pid == 0) {
		sync();
		_exit(0);
	}
	for (int i = 0; i < 150 && waitpid(pid, NULL, WNOHANG) == 0; i++)
		nanosleep(&pause, NULL);
	(void)fs_write_existing("/proc/sysrq-trigger", "b");
	reboot(RB_AUTOBOOT); /* a kernel without sysrq */
	sleep(60); /* the watchdog, which nobody feeds any more, has the last word */
}

static void order_reboot(struct supervisor *s, uint32_t index)
{
	outpost_RebootOrdered *order = &watch_entry(s, outpost_Entry_reboot_tag)->body.reboot;

	order->index = index;
	proto_set(order->why, s->reboot_why);
	watch_write(s, true);
	/* So that a connected host has read it. */
	usleep(200 * 1000);
	reboot_board();
}

/* --- between ---------------------------------------------------------------------- */

static int carry_out_list(struct supervisor *s, uint32_t attempt, int n, char **indices)
{
	for (int i = 0; i < n && !supervisor_cancelled && !s->journal.error; i++) {
		int index;

		if (parse_int(indices[i], 0, (int)s->n_modules - 1, &index) < 0)
			return -EINVAL;
		s->reboot_why[0] = '\0';
		trial_run(s, (uint32_t)index, attempt);
		if (*s->reboot_why && !s->plan.no_reboot)
			order_reboot(s, (uint32_t)index);
	}
	return 0;
}

/* The supervisor proper, in a child of the one that restores the board should it die. */
static int work(struct supervisor *s, uint32_t attempt, int n, char **indices)
{
	int r;

	take_survivors(s);
	s->has_log = kmsg_reader_open(&s->log, false) == 0;
	klog_init(&s->klog, on_report, s);
	watch_drain(s);
	write_boot(s);
	r = carry_out_list(s, attempt, n, indices);
	if (r < 0)
		return 1;
	guard_disarm(&s->guard);
	write_end(s);
	return 0;
}

/* Waits for the worker, and tidies up after one that did not come to its end. */
static int keep(struct supervisor *s, pid_t pid)
{
	int status;

	/* Only the worker may hold the watchdog open: closing it must stop it, before systemd takes it back. */
	guard_let_go(&s->guard);
	worker = pid;
	if (supervisor_cancelled) /* since the fork, maybe */
		kill(pid, SIGTERM);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	worker = 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	step_end_strays();
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
	prctl(PR_SET_NAME, "outpost-agent"); /* the kernel's reports name it: started as /proc/self/exe it would be "exe" */
	set_signals();
	fcntl(SUPERVISOR_LOCK_FD, F_SETFD, FD_CLOEXEC); /* it came through exec; it goes no further */
	leave_login();
	step_adopt();
	r = open_run(&s, argv[0], argv[1]);
	if (r < 0)
		return 1;
	guard_arm(&s.guard, &s.place);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		step_adopt();
		mlockall(MCL_CURRENT | MCL_FUTURE);
		_exit(work(&s, (uint32_t)attempt, argc - 3, argv + 3));
	}
	if (pid < 0) {
		guard_disarm(&s.guard);
		return 1;
	}
	return keep(&s, pid);
}
