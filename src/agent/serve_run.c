// SPDX-License-Identifier: GPL-2.0-only
#include "agent/serve.h"

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/options.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PLAN_MAX 1024 /* modules in a plan */

/* --- receiving a plan --------------------------------------------------------------- */

void serve_plan(struct serve *s, const outpost_Plan *plan)
{
	outpost_Entry *entry = malloc(sizeof(*entry));
	int r = entry && plan->modules && plan->modules <= PLAN_MAX ? 0 : -EINVAL;

	journal_close(&s->plan);
	if (r == 0)
		r = journal_create(&s->plan, &s->place, plan->run);
	if (r == 0) {
		*entry = (outpost_Entry){ .which_body = outpost_Entry_plan_tag, .body.plan = *plan };
		r = journal_append(&s->plan, entry);
	}
	free(entry);
	if (r < 0) {
		serve_fail(s, r, "Cannot begin a run in %s/development/logs", s->place.home);
		return;
	}
	s->plan_modules = plan->modules;
	s->plan_received = 0;
}

void serve_plan_module(struct serve *s, const outpost_PlanModule *module)
{
	outpost_Entry *entry;
	int r;

	if (s->plan.fd < 0 || module->index != s->plan_received || s->plan_received == s->plan_modules) {
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
		serve_fail(s, r, "Cannot write the plan in %s/development/logs", s->place.home);
	s->plan_received++;
}

/* --- who holds the board -------------------------------------------------------------- */

struct holder {
	char run[48], user[96];
	unsigned long long since;
	int pid;
};

static int open_lock(const struct serve *s)
{
	char path[PLACE_MAX];
	int r = place_runtime(&s->place, path, "lock");
	int fd = r < 0 ? r : open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);

	return r < 0 ? r : fd < 0 ? -errno : fd;
}

static bool read_holder(int fd, struct holder *holder)
{
	char text[256];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return sscanf(text, "%47s %d %llu %95[^\n]", holder->run, &holder->pid, &holder->since,
		      holder->user) == 4;
}

static int write_holder(int fd, const char *run, int pid, const char *user)
{
	char text[256];
	int n = snprintf(text, sizeof(text), "%s %d %lld %s\n", run, pid, (long long)time(NULL),
			 *user ? user : "somebody");

	if (ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)n, 0) != n)
		return -errno;
	return 0;
}

/* Is a supervisor at work on this run (NULL: on any)? */
static bool run_is_held(const struct serve *s, const char *run, struct holder *holder)
{
	_cleanup_close_ int fd = open_lock(s);

	if (fd < 0 || flock(fd, LOCK_SH | LOCK_NB) == 0)
		return false;
	return read_holder(fd, holder) && (!run || strcmp(holder->run, run) == 0);
}

static void say_busy(struct serve *s, int lock)
{
	outpost_Busy *busy = &serve_reply(s, outpost_Reply_busy_tag)->body.busy;
	struct holder holder = { 0 };

	read_holder(lock, &holder);
	proto_set(busy->run, holder.run);
	proto_set(busy->user, holder.user);
	busy->since = holder.since;
	s->void_flight = true;
	serve_send(s);
}

/* --- following a run ---------------------------------------------------------------- */

static void say_run_state(struct serve *s, const char *run, outpost_RunState_State state,
			  uint64_t offset, uint64_t size)
{
	outpost_RunState *reply = &serve_reply(s, outpost_Reply_run_tag)->body.run;

	proto_set(reply->run, run);
	reply->state = state;
	reply->offset = offset;
	reply->size = size;
	serve_send(s);
}

static void stop_following(struct serve *s)
{
	if (s->follow_fd >= 0)
		close(s->follow_fd);
	if (s->inotify_fd >= 0)
		close(s->inotify_fd);
	s->follow_fd = s->inotify_fd = -1;
	s->run[0] = '\0';
}

static int is_run_end(const outpost_Entry *entry, void *arg)
{
	*(bool *)arg = entry->which_body == outpost_Entry_run_end_tag;
	return 0;
}

/* How the run stands; a torn end is cut off when nobody writes to it any more. */
static outpost_RunState_State inspect_run(struct serve *s, const char *run, uint64_t *size)
{
	struct journal *journal = malloc(sizeof(*journal));
	struct holder holder;
	bool held = run_is_held(s, run, &holder), ended = false;
	int r = journal ? journal_open(journal, &s->place, run, !held) : -ENOMEM;

	*size = 0;
	if (r == 0)
		r = journal_each(journal, is_run_end, &ended, size);
	if (journal)
		journal_close(journal);
	free(journal);
	if (r < 0)
		return outpost_RunState_State_UNKNOWN;
	if (held)
		return outpost_RunState_State_RUNNING;
	return ended ? outpost_RunState_State_ENDED : outpost_RunState_State_INTERRUPTED;
}

static int start_following(struct serve *s, const char *run, uint64_t offset)
{
	char path[PLACE_MAX];
	int r = place_path(&s->place, path, "logs/%s/journal", run);

	stop_following(s);
	if (r < 0)
		return r;
	s->follow_fd = open(path, O_RDONLY | O_CLOEXEC);
	s->inotify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (s->follow_fd < 0 || s->inotify_fd < 0 ||
	    inotify_add_watch(s->inotify_fd, path, IN_MODIFY) < 0) {
		r = -errno;
		stop_following(s);
		return r;
	}
	proto_set(s->run, run);
	s->follow_offset = offset;
	return 0;
}

/* Copies what the journal has got since. */
static bool send_journal(struct serve *s)
{
	static uint8_t buffer[FRAME_MAX];
	bool any = false;

	for (;;) {
		ssize_t n = pread(s->follow_fd, buffer, sizeof(buffer), (off_t)s->follow_offset);

		if (n <= 0)
			return any;
		if (fs_write_all(STDOUT_FILENO, buffer, (size_t)n) < 0) {
			s->gone = true;
			return any;
		}
		s->follow_offset += (uint64_t)n;
		any = true;
	}
}

void serve_follow_run(struct serve *s)
{
	char events[4096];
	struct holder holder;
	outpost_RunState_State state;
	uint64_t size;
	char run[48];

	if (s->follow_fd < 0)
		return;
	while (read(s->inotify_fd, events, sizeof(events)) > 0)
		;
	/* A RunEnd says by itself that it is over. Silence has to be asked about: is the supervisor still there? */
	if (send_journal(s) || run_is_held(s, s->run, &holder) || send_journal(s))
		return;
	state = inspect_run(s, s->run, &size);
	proto_set(run, s->run);
	stop_following(s);
	say_run_state(s, run, state, size, size);
}

void serve_attach(struct serve *s, const outpost_Attach *attach)
{
	uint64_t size, offset;
	outpost_RunState_State state = inspect_run(s, attach->run, &size);
	int r;

	if (state == outpost_RunState_State_UNKNOWN) {
		say_run_state(s, attach->run, state, 0, 0);
		return;
	}
	offset = attach->offset < size ? attach->offset : size;
	r = start_following(s, attach->run, offset);
	if (r < 0) {
		serve_fail(s, r, "Cannot read the journal of run %s", attach->run);
		return;
	}
	say_run_state(s, attach->run, state, offset, size);
	send_journal(s);
	if (state != outpost_RunState_State_RUNNING)
		stop_following(s);
}

/* --- starting -------------------------------------------------------------------------- */

static int spawn_supervisor(struct serve *s, int lock)
{
	char attempt[16], numbers[256][12];
	char *argv[6 + 256] = { (char *)"outpost-agent", (char *)"supervise", s->place.home,
				s->start.run, attempt };
	pid_t pid;

	snprintf(attempt, sizeof(attempt), "%u", (unsigned int)s->start.attempt);
	for (pb_size_t i = 0; i < s->start.indices_count; i++) {
		snprintf(numbers[i], sizeof(numbers[i]), "%u", (unsigned int)s->start.indices[i]);
		argv[5 + i] = numbers[i];
	}
	signal(SIGCHLD, SIG_IGN); /* it is nobody's to wait for */
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);

		setsid();
		write_holder(lock, s->start.run, getpid(), s->start_user);
		for (int fd = 0; fd < 3; fd++)
			dup2(null, fd);
		dup2(lock, 3);
		fcntl(3, F_SETFD, 0); /* stays open over exec: the lock lives as long as the supervisor */
		close_range(4, ~0u, 0);
		execv("/proc/self/exe", argv);
		_exit(127);
	}
	return 0;
}

/* Blobs of the modules that are started, of what they need, and of their tests. */
struct missing {
	struct serve *s;
	unsigned int n;
};

static void need_blob(struct missing *m, const uint8_t *hash, size_t size)
{
	outpost_Need *need;

	if (size != HASH_SIZE || blob_exists(&m->s->place, hash))
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
	if (entry->which_body != outpost_Entry_module_tag) /* one that is skipped may be needed by another */
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
	int r = journal ? journal_open(journal, &s->place, s->start.run, false) : -ENOMEM;

	if (r == 0)
		r = journal_each(journal, find_missing, &missing, &size);
	if (journal)
		journal_close(journal);
	free(journal);
	s->start_waits = r == 0 && missing.n;
	return r < 0 ? r : missing.n > 0;
}

static int begin_run(struct serve *s)
{
	_cleanup_close_ int lock = open_lock(s);
	int r;

	if (lock < 0)
		return lock;
	if (flock(lock, LOCK_EX | LOCK_NB) < 0) {
		say_busy(s, lock);
		return 0;
	}
	r = write_holder(lock, s->start.run, 0, s->start_user);
	if (r == 0)
		r = start_following(s, s->start.run, s->start.offset);
	if (r == 0)
		r = spawn_supervisor(s, lock);
	if (r == 0)
		say_run_state(s, s->start.run, outpost_RunState_State_RUNNING, s->start.offset, 0);
	return r;
}

void serve_start(struct serve *s)
{
	uint64_t size;
	int r;

	if (s->plan.fd >= 0) {
		r = s->plan_received == s->plan_modules ? journal_sync(&s->plan) : -EBADMSG;
		journal_close(&s->plan);
		if (r < 0) {
			serve_fail(s, r, "The plan did not arrive whole");
			return;
		}
		blob_prune(&s->place);
	}
	r = check_blobs(s);
	if (r > 0)
		return; /* asked for; this is called again when they are there */
	/* What a crash tore off must be gone before anybody reads on from there. */
	if (r == 0 && inspect_run(s, s->start.run, &size) == outpost_RunState_State_ENDED &&
	    s->start.attempt < 2)
		r = -EALREADY;
	if (r == 0 && s->start.offset > size)
		s->start.offset = size;
	if (r == 0)
		r = begin_run(s);
	if (r < 0)
		serve_fail(s, r, "Cannot start run %s", s->start.run);
}

/* --- the rest ---------------------------------------------------------------------------- */

void serve_cancel(struct serve *s, const outpost_Cancel *cancel)
{
	struct holder holder;

	if (run_is_held(s, cancel->run, &holder) && holder.pid > 1)
		kill(holder.pid, SIGTERM);
}

static int newest_first(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*b)->d_name, (*a)->d_name); /* ids begin with their date */
}

static int is_run(const struct dirent *entry)
{
	return place_plain(entry->d_name) && strcmp(entry->d_name, "earlier-crashes") != 0;
}

void serve_runs(struct serve *s)
{
	struct dirent **entries = NULL;
	char dir[PLACE_MAX];
	int n = place_path(&s->place, dir, "logs") < 0 ? 0 : scandir(dir, &entries, is_run, newest_first);

	for (int i = 0; i < n; i++) {
		uint64_t size;
		outpost_RunState_State state = inspect_run(s, entries[i]->d_name, &size);

		if (state != outpost_RunState_State_UNKNOWN)
			say_run_state(s, entries[i]->d_name, state, 0, size);
		free(entries[i]);
	}
	free(entries);
	serve_reply(s, outpost_Reply_done_tag);
	serve_send(s);
}
