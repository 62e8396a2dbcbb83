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
		serve_fail(s, r, "Cannot start a run in %s/development/logs", s->dirs.home);
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
		serve_fail(s, -EBADMSG, "No plan announced this module");
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
		serve_fail(s, r, "Cannot write the plan to %s/development/logs", s->dirs.home);
	s->plan_received++;
}

/* --- starting -------------------------------------------------------------------------- */

void serve_say_busy(struct serve *s, const struct holder *holder)
{
	outpost_Busy *busy = &serve_reply(s, outpost_Reply_busy_tag)->body.busy;

	proto_set(busy->run, holder->run);
	proto_set(busy->user, holder->user);
	busy->since = holder->since;
	s->void_flight = true;
	serve_send(s);
}

/*
 * Does not use process_start(): the supervisor has another name than its file, gets the lock
 * at a fixed number, keeps SIGTERM blocked, and has no parent that waits for it.
 */
static void __attribute__((noreturn)) become_supervisor(int lock, char **argv)
{
	int null = open("/dev/null", O_RDWR);

	setsid();
	for (int fd = 0; fd < SUPERVISOR_LOCK_FD; fd++)
		dup2(null, fd);
	dup2(lock, SUPERVISOR_LOCK_FD);
	fcntl(SUPERVISOR_LOCK_FD, F_SETFD, 0); /* stays open across exec */
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
	signal(SIGCHLD, SIG_IGN); /* nobody waits for it */
	/* A cancel may come before the supervisor is ready; while blocked it stays pending. */
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

struct plan_reader {
	struct serve *s;
	struct blob_set blobs; /* of its modules and test programs */
	bool ended;            /* its last entry is a RunEnd */
};

static void release_reader(struct plan_reader *reader)
{
	blob_set_release(&reader->blobs);
}

static int add_blob(struct plan_reader *reader, const uint8_t *hash, size_t size)
{
	return size == HASH_SIZE ? blob_set_add(&reader->blobs, hash) : 0;
}

static int read_entry(const outpost_Entry *entry, void *arg)
{
	struct plan_reader *reader = arg;
	const outpost_PlanModule *module = &entry->body.module;
	int r;

	reader->ended = entry->which_body == outpost_Entry_run_end_tag;
	if (entry->which_body == outpost_Entry_plan_tag)
		proto_set(reader->s->start_user, entry->body.plan.user);
	if (entry->which_body != outpost_Entry_module_tag)
		return 0;
	/* Includes skipped modules: another may need them. */
	r = add_blob(reader, module->hash.bytes, module->hash.size);
	return r < 0 ? r : add_blob(reader, module->program.bytes, module->program.size);
}

/* Asks for missing blobs. 1: some are missing. */
static int ask_for_blobs(struct serve *s, const struct blob_set *blobs)
{
	for (size_t i = 0; i < blobs->n; i++) {
		outpost_Need *need;

		if (blob_exists(&s->dirs, blobs->hashes[i]))
			continue;
		s->start_needs++;
		need = &serve_reply(s, outpost_Reply_need_tag)->body.need;
		need->hash.size = HASH_SIZE;
		memcpy(need->hash.bytes, blobs->hashes[i], HASH_SIZE);
		serve_send(s);
	}
	return s->start_needs > 0;
}

/*
 * Reads the plan as it is on the board. The lock holder also repairs the journal: a frame
 * truncated by a crash must be cut off before anybody continues from there. *size: what is
 * left.
 */
static int read_plan(struct serve *s, bool mend, struct plan_reader *reader, uint64_t *size)
{
	struct journal *journal = malloc(sizeof(*journal));
	int r = journal ? journal_open(journal, &s->dirs, s->start.run, mend) : -ENOMEM;

	blob_set_release(&reader->blobs);
	reader->s = s;
	if (r == 0) {
		r = journal_each(journal, read_entry, reader, size);
		journal_close(journal);
	}
	free(journal);
	return r;
}

static void say_pruned(const char *run, void *arg)
{
	struct serve *s = arg;

	proto_set(serve_reply(s, outpost_Reply_pruned_tag)->body.pruned.run, run);
	serve_send(s);
}

static int start_following(struct serve *s, int lock, uint64_t size)
{
	int r;

	if (s->start.offset > size)
		s->start.offset = size;
	r = serve_begin_following(s, s->start.run, s->start.offset);
	if (r == 0)
		r = spawn_supervisor(s, lock);
	if (r == 0)
		serve_run_state(s, s->start.run, outpost_RunState_State_RUNNING, s->start.offset,
				0);
	return r;
}

/* Everything that another run could need or remove is checked and done with the lock held. */
static int begin_run(struct serve *s, struct plan_reader *reader)
{
	struct holder holder;
	_cleanup_close_ int lock = holder_take(&s->dirs, &holder);
	uint64_t size = 0;
	int r;

	if (lock == -EBUSY) {
		serve_say_busy(s, &holder);
		return 0;
	}
	if (lock < 0)
		return lock;
	r = read_plan(s, true, reader, &size);
	if (r == 0 && reader->ended && s->start.attempt < 2)
		r = -EALREADY;
	if (r == 0 && ask_for_blobs(s, &reader->blobs))
		return 0; /* removed by another run, which has ended since */
	if (r == 0)
		r = holder_write(lock, s->dirs.home, s->start.run, 0, s->start_user);
	if (r < 0)
		return r;
	blob_prune(&s->dirs, &reader->blobs);
	logs_prune(&s->dirs, s->start.run, say_pruned, s);
	return start_following(s, lock, size);
}

void serve_start(struct serve *s)
{
	_cleanup_(release_reader) struct plan_reader reader = { 0 };
	uint64_t size;
	int r;

	s->start_needs = 0;
	if (s->plan.fd >= 0) {
		r = s->plan_received == s->plan_modules
			    ? journal_publish(&s->plan, &s->dirs, s->start.run)
			    : -EBADMSG;
		journal_close(&s->plan);
		if (r < 0) {
			serve_fail(s, r, "Cannot accept the plan");
			return;
		}
	}
	r = read_plan(s, false, &reader, &size);
	/* Ask before taking the lock, so that nobody waits for files; called again with them. */
	if (r == 0 && ask_for_blobs(s, &reader.blobs))
		return;
	if (r == 0)
		r = begin_run(s, &reader);
	if (r < 0)
		serve_fail(s, r, "Cannot start run %s", s->start.run);
}

void serve_cancel(struct serve *s, const outpost_Cancel *cancel)
{
	struct holder holder;

	if (holder_find(&s->dirs, cancel->run, &holder) && holder.pid > 1)
		kill(holder.pid, SIGTERM);
}
