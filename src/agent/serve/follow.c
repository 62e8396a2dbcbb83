// SPDX-License-Identifier: GPL-2.0-only
#include "agent/run/holder.h"
#include "agent/serve/serve.h"

#include "common/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

void serve_run_state(struct serve *s, const char *run, outpost_RunState_State state,
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

outpost_RunState_State serve_inspect(struct serve *s, const char *run, uint64_t *size)
{
	struct journal *journal = malloc(sizeof(*journal));
	struct holder holder;
	bool held = holder_find(&s->dirs, run, &holder), ended = false;
	int r = journal ? journal_open(journal, &s->dirs, run, false) : -ENOMEM;

	*size = 0;
	if (r == 0)
		r = journal_each(journal, is_run_end, &ended, size);
	if (journal)
		journal_close(journal);
	free(journal);
	if (r == -ENOENT || r == -ENOTDIR || r == -EINVAL)
		return outpost_RunState_State_UNKNOWN;
	/* A journal that cannot be read to its end exists, too: continuing the run reports why. */
	if (held)
		return outpost_RunState_State_RUNNING;
	return ended ? outpost_RunState_State_ENDED : outpost_RunState_State_INTERRUPTED;
}

int serve_begin_following(struct serve *s, const char *run, uint64_t offset)
{
	DIRS_AS_LOGIN(&s->dirs);
	char path[DIRS_MAX];
	int r = dirs_path(&s->dirs, path, "logs/%s/journal", run);

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

/* Sends what is new in the journal, up to `end`: a frame truncated by a crash may follow. */
static bool send_journal(struct serve *s, uint64_t end)
{
	static uint8_t buffer[FRAME_MAX];
	bool any = false;

	for (;;) {
		uint64_t left = end > s->follow_offset ? end - s->follow_offset : 0;
		ssize_t n =
			pread(s->follow_fd, buffer, left < sizeof(buffer) ? left : sizeof(buffer),
			      (off_t)s->follow_offset);

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
	/* A RunEnd shows that the run is over. Without one: does the supervisor still exist? */
	if (send_journal(s, UINT64_MAX) || holder_find(&s->dirs, s->run, &holder))
		return;
	state = serve_inspect(s, s->run, &size);
	if (send_journal(s, size) || state == outpost_RunState_State_RUNNING)
		return;
	proto_set(run, s->run);
	stop_following(s);
	serve_run_state(s, run, state, size, size);
}

void serve_attach(struct serve *s, const outpost_Attach *attach)
{
	uint64_t size, offset;
	outpost_RunState_State state = serve_inspect(s, attach->run, &size);
	int r;

	if (state == outpost_RunState_State_UNKNOWN) {
		serve_run_state(s, attach->run, state, 0, 0);
		return;
	}
	offset = attach->offset < size ? attach->offset : size;
	r = serve_begin_following(s, attach->run, offset);
	if (r < 0) {
		serve_fail(s, r, "Cannot read the journal of run %s", attach->run);
		return;
	}
	serve_run_state(s, attach->run, state, offset, size);
	send_journal(s, state == outpost_RunState_State_RUNNING ? UINT64_MAX : size);
	if (state != outpost_RunState_State_RUNNING)
		stop_following(s);
}

/* --- the list of runs ---------------------------------------------------------------- */

static int newest_first(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*b)->d_name, (*a)->d_name); /* ids begin with their date */
}

static int is_run(const struct dirent *entry)
{
	return dirs_plain(entry->d_name) && strcmp(entry->d_name, "earlier-crashes") != 0;
}

void serve_runs(struct serve *s)
{
	struct dirent **entries = NULL;
	char dir[DIRS_MAX];
	int n = dirs_path(&s->dirs, dir, "logs") < 0 ? 0
						     : scandir(dir, &entries, is_run, newest_first);

	for (int i = 0; i < n; i++) {
		uint64_t size;
		outpost_RunState_State state = serve_inspect(s, entries[i]->d_name, &size);

		if (state != outpost_RunState_State_UNKNOWN)
			serve_run_state(s, entries[i]->d_name, state, 0, size);
		free(entries[i]);
	}
	free(entries);
	serve_reply(s, outpost_Reply_done_tag);
	serve_send(s);
}
