// SPDX-License-Identifier: GPL-2.0-only
#include "agent/run/supervisor.h"

#include "agent/base/build_id.h"
#include "agent/guard/pstore.h"
#include "common/fs.h"
#include "common/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* --- start ------------------------------------------------------------------- */

/* Reads the journal so far: the plan, and the modules that made a reboot necessary. */
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

/* A plan from a host is validated once, here, before anything uses its numbers. */
static bool plan_is_sound(const struct supervisor *s)
{
	for (size_t i = 0; i < s->n_modules; i++) {
		const outpost_PlanModule *m = &s->modules[i];

		if (!dirs_plain(m->name) ||
		    (m->hash.size != HASH_SIZE && s->plan.purpose != outpost_Purpose_UNLOAD &&
		     s->plan.purpose != outpost_Purpose_PROVE) ||
		    (m->program.size && m->program.size != HASH_SIZE))
			return false;
		for (pb_size_t k = 0; k < m->needs_count; k++)
			if (m->needs[k] >= s->n_modules || m->needs[k] == i)
				return false;
		for (pb_size_t k = 0; k < m->in_tree_count; k++)
			if (!dirs_plain(m->in_tree[k]))
				return false;
	}
	return s->n_modules == s->plan.modules && s->n_modules > 0;
}

int supervisor_open(struct supervisor *s, const char *home, const char *run)
{
	uint64_t size;
	int r = dirs_init_home(&s->dirs, home);

	s->journal.fd = -1;
	if (r == 0)
		r = journal_open(&s->journal, &s->dirs, run, true);
	if (r == 0)
		r = journal_each(&s->journal, take_entry, s, &size);
	if (r == 0 && !plan_is_sound(s))
		r = -EBADMSG;
	return r;
}

void supervisor_refuse(struct supervisor *s, int error)
{
	outpost_RunEnd *end = &watch_entry(s, outpost_Entry_run_end_tag)->body.run_end;

	if (s->journal.fd < 0)
		return;
	end->error = -error;
	snprintf(end->what, sizeof(end->what), "%s: %s",
		 error == -EBADMSG ? "The board refuses the plan"
				   : "The board cannot start the run",
		 error == -EBADMSG ? "it is not valid" : strerror(-error));
	watch_write(s, true);
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

static void write_boot(struct supervisor *s)
{
	outpost_Boot *boot = &watch_entry(s, outpost_Entry_boot_tag)->body.boot;
	struct utsname un;

	uname(&un);
	dirs_boot(&s->dirs, boot->boot_id, boot->nonce);
	proto_set(boot->release, un.release);
	proto_set(boot->agent, build_id());
	boot->wall_s = (uint64_t)time(NULL);
	boot->panics_on_oops = s->guard.panics_on_oops;
	boot->watchdog_s = s->guard.watchdog_s;
	watch_write(s, false);
}

/* pstore belongs to this run if the board went down after the run's last supervisor wrote. */
static int take_survivors(struct supervisor *s)
{
	char boot_id[40], nonce[40];
	struct last_boot last = { 0 };
	uint64_t size;

	journal_each(&s->journal, find_boot, &last, &size);
	dirs_boot(&s->dirs, boot_id, nonce);
	if (!last.found)
		return pstore_set_aside(&s->dirs, s->plan.run);
	if (strcmp(last.nonce, nonce) != 0)
		pstore_collect(&s->journal, &s->dirs, s->plan.run);
	return 0;
}

/* --- end ----------------------------------------------------------------------- */

static void write_end(struct supervisor *s)
{
	outpost_RunEnd *end = &watch_entry(s, outpost_Entry_run_end_tag)->body.run_end;

	end->cancelled = supervisor_cancelled;
	if (s->journal.error) {
		end->error = -s->journal.error;
		snprintf(end->what, sizeof(end->what), "The board could not write the journal: %s",
			 strerror(-s->journal.error));
	}
	watch_write(s, true);
}

/*
 * Syncs, but waits only a few seconds for it, then reboots at once: an orderly reboot stops
 * the watchdog and then waits for something that may never end.
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
	sleep(60);           /* as a last resort the watchdog, no longer fed, resets the board */
}

static void order_reboot(struct supervisor *s, uint32_t index)
{
	outpost_RebootOrdered *order = &watch_entry(s, outpost_Entry_reboot_tag)->body.reboot;

	order->index = index;
	proto_set(order->why, s->reboot_why);
	watch_write(s, true);
	/* Let a connected host read it first. */
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

static void on_report(const struct klog_report *report, void *arg)
{
	/* Only klog.begun matters here; the host evaluates the report. */
	(void)report;
	(void)arg;
}

int supervisor_work(struct supervisor *s, uint32_t attempt, int n, char **indices)
{
	int r = take_survivors(s);

	if (r < 0) {
		guard_disarm(&s->guard);
		supervisor_refuse(s, r);
		return 0;
	}
	s->has_log = kmsg_reader_open(&s->log, false) == 0;
	klog_init(&s->klog, on_report, s);
	watch_drain(s);
	write_boot(s);
	supervisor_unload_rest(s);
	r = carry_out_list(s, attempt, n, indices);
	if (r < 0)
		return 1;
	guard_disarm(&s->guard);
	write_end(s);
	return 0;
}
