// SPDX-License-Identifier: GPL-2.0-only
#include "agent/run/holder.h"
#include "agent/base/logs.h"
#include "agent/serve/serve.h"
#include "agent/run/supervisor.h"

#include "common/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* --- receiving a plan --------------------------------------------------------------- */

void serve_plan(struct serve *s, const outpost_Plan *plan)
{
	outpost_Entry *entry = malloc(sizeof(*entry));
	int r = entry && plan->modules && plan->modules <= PLAN_MAX ? 0 : -EINVAL;

	journal_close(&s->plan);
	if (r == 0)
		r = journal_create(&s->plan, &s->dirs, plan->run);
	if (r == 0) {
		*entry =
			(outpost_Entry){ .which_body = outpost_Entry_plan_tag, .body.plan = *plan };
		r = journal_append(&s->plan, entry);
	}
	free(entry);
	if (r < 0) {
		serve_fail(s, r, "Cannot begin a run in %s/development/logs", s->dirs.home);
		return;
	}
	s->plan_modules = plan->modules;
	s->plan_received = 0;
}

void serve_plan_module(struct serve *s, const outpost_PlanModule *module)
{
	outpost_Entry *entry;
	int r;

	if (s->plan.fd < 0 || module->index != s->plan_received ||
	    s->plan_received == s->plan_modules) {
		serve_fail(s, -EBADMSG, "A module that no plan announced");
		return;
	}
	entry = calloc(1, sizeof(*entry));
	r = entry ? 0 : -ENOMEM;
	if (r == 0) {
		entry->which_body = outpost_Entry_module_tag;
		entry->body.module = *module;
		r = journal_append(&s->plan, entry);
	}
	free(entry);
	if (r < 0)
		serve_fail(s, r, "Cannot write the plan in %s/development/logs", s->dirs.home);
	s->plan_received++;
}

/* --- starting -------------------------------------------------------------------------- */

static void say_busy(struct serve *s, const struct holder *holder)
{
	outpost_Busy *busy = &serve_reply(s, outpost_Reply_busy_tag)->body.busy;

	proto_set(busy->run, holder->run);
	proto_set(busy->user, holder->user);
	busy->since = holder->since;
	s->void_flight = true;
	serve_send(s);
}

/*
 * Not by process_start(): it goes by another name than its file's, holds the
 * lock at a fixed number, SIGTERM stays blocked, and nobody waits for it.
 */
static void __attribute__((noreturn)) become_supervisor(int lock, char **argv)
{
	int null = open("/dev/null", O_RDWR);

	setsid();
	for (int fd = 0; fd < SUPERVISOR_LOCK_FD; fd++)
		dup2(null, fd);
	dup2(lock, SUPERVISOR_LOCK_FD);
	fcntl(SUPERVISOR_LOCK_FD, F_SETFD, 0); /* stays open over exec */
	close_range(SUPERVISOR_LOCK_FD + 1, ~0u, 0);
	execv("/proc/self/exe", argv);
	_exit(127);
}

static int spawn_supervisor(struct serve *s, int lock)
{
	sigset_t term, before;
	char attempt[16], numbers[256][12];
	char *argv[6 + 256] = { (char *)"outpost-agent", (char *)"supervise", s->dirs.home,
				s->start.run, attempt };
	pid_t pid;

	snprintf(attempt, sizeof(attempt), "%u", (unsigned int)s->start.attempt);
	for (pb_size_t i = 0; i < s->start.indices_count; i++) {
		snprintf(numbers[i], sizeof(numbers[i]), "%u", (unsigned int)s->start.indices[i]);
		argv[5 + i] = numbers[i];
	}
	signal(SIGCHLD, SIG_IGN); /* it is nobody's to wait for */
	/* A cancel may come before the supervisor is ready for it; blocked, it waits. */
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, &before);
	pid = fork();
	if (pid == 0)
		become_supervisor(lock, argv);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return pid < 0 ? -errno
		       : holder_write(lock, s->dirs.home, s->start.run, pid, s->start_user);
}

/* Blobs of the plan's modules and of their tests. */
struct missing {
	struct serve *s;
	unsigned int n;
};

static void need_blob(struct missing *m, const uint8_t *hash, size_t size)
{
	outpost_Need *need;

	if (size != HASH_SIZE || blob_exists(&m->s->dirs, hash))
		return;
	m->n++;
	if (m->s->start_waits)
		return; /* it was asked for */
	need = &serve_reply(m->s, outpost_Reply_need_tag)->body.need;
	need->hash.size = HASH_SIZE;
	memcpy(need->hash.bytes, hash, HASH_SIZE);
	serve_send(m->s);
}

static int find_missing(const outpost_Entry *entry, void *arg)
{
	struct missing *m = arg;

	if (entry->which_body == outpost_Entry_plan_tag)
		proto_set(m->s->start_user, entry->body.plan.user);
	if (entry->which_body !=
	    outpost_Entry_module_tag) /* one that is skipped may be needed by another */
		return 0;
	need_blob(m, entry->body.module.hash.bytes, entry->body.module.hash.size);
	need_blob(m, entry->body.module.program.bytes, entry->body.module.program.size);
	return 0;
}

static int check_blobs(struct serve *s)
{
	struct missing missing = { .s = s };
	struct journal *journal = malloc(sizeof(*journal));
	uint64_t size;
	int r = journal ? journal_open(journal, &s->dirs, s->start.run, false) : -ENOMEM;

	if (r == 0)
		r = journal_each(journal, find_missing, &missing, &size);
	if (journal)
		journal_close(journal);
	free(journal);
	s->start_waits = r == 0 && missing.n;
	return r < 0 ? r : missing.n > 0;
}

/* What a crash tore off its end must be gone before anybody reads on from there. *size: what is
 * left. */
static int mend_journal(struct serve *s, uint64_t *size)
{
	struct journal *journal = malloc(sizeof(*journal));
	int r = journal ? journal_open(journal, &s->dirs, s->start.run, true) : -ENOMEM;

	if (r == 0) {
		*size = journal->size;
		journal_close(journal);
	}
	free(journal);
	return r;
}

static int begin_run(struct serve *s)
{
	struct holder holder;
	_cleanup_close_ int lock = holder_take(&s->dirs, &holder);
	uint64_t size = 0;
	int r;

	if (lock == -EBUSY) {
		say_busy(s, &holder);
		return 0;
	}
	if (lock < 0)
		return lock;
	r = holder_write(lock, s->dirs.home, s->start.run, 0, s->start_user);
	if (r == 0)
		r = mend_journal(s, &size);
	if (r == 0 && s->start.offset > size)
		s->start.offset = size;
	if (r == 0)
		r = serve_begin_following(s, s->start.run, s->start.offset);
	if (r == 0)
		r = spawn_supervisor(s, lock);
	if (r == 0)
		serve_run_state(s, s->start.run, outpost_RunState_State_RUNNING, s->start.offset,
				0);
	return r;
}

static void say_pruned(const char *run, void *arg)
{
	struct serve *s = arg;

	proto_set(serve_reply(s, outpost_Reply_pruned_tag)->body.pruned.run, run);
	serve_send(s);
}

void serve_start(struct serve *s)
{
	uint64_t size;
	int r;

	if (s->plan.fd >= 0) {
		r = s->plan_received == s->plan_modules
			    ? journal_publish(&s->plan, &s->dirs, s->start.run)
			    : -EBADMSG;
		journal_close(&s->plan);
		if (r < 0) {
			serve_fail(s, r, "The plan did not arrive whole");
			return;
		}
		blob_prune(&s->dirs);
		logs_prune(&s->dirs, say_pruned, s);
	}
	r = check_blobs(s);
	if (r > 0)
		return; /* asked for; this is called again when they are there */
	if (r == 0 && serve_inspect(s, s->start.run, &size) == outpost_RunState_State_ENDED &&
	    s->start.attempt < 2)
		r = -EALREADY;
	if (r == 0)
		r = begin_run(s);
	if (r < 0)
		serve_fail(s, r, "Cannot start run %s", s->start.run);
}

void serve_cancel(struct serve *s, const outpost_Cancel *cancel)
{
	struct holder holder;

	if (holder_find(&s->dirs, cancel->run, &holder) && holder.pid > 1)
		kill(holder.pid, SIGTERM);
}
