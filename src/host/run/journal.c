// SPDX-License-Identifier: GPL-2.0-only
/*
 * The copy of a run's journal. It keeps all that ever arrived: a crash may
 * take the end of the board's own journal along, and what the new supervisor
 * then writes stands at a lower place there. The difference is kept beside it,
 * in "skew".
 */
#include "host/run/internal.h"

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "host/base/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>

#define JOURNAL_LIMIT (1024u << 20)

/* Of the copy, without our own entries in it: what came from the board. */
static uint64_t from_board(const struct run *run)
{
	return run->local - run->own;
}

static uint64_t read_skew(const struct run *run)
{
	_cleanup_free_ char *path = path_join(run->dir, "skew", NULL);
	_cleanup_(strbuf_release) struct strbuf sb = STRBUF_INIT;

	return fs_read(path, &sb, 64) < 0 ? 0 : strtoull(sb.buf, NULL, 10);
}

void run_journal_rewind(struct run *run, uint64_t offset)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_(strbuf_release) struct strbuf sb = STRBUF_INIT;

	if (offset == run->offset)
		return;
	log_debug("Run %s: the board's journal goes on at %llu, not at %llu", run->id,
		  (unsigned long long)offset, (unsigned long long)run->offset);
	run->offset = offset;
	if (!run->dir || offset > from_board(run))
		return;
	path = path_join(run->dir, "skew", NULL);
	strbuf_addf(&sb, "%llu\n", (unsigned long long)(from_board(run) - offset));
	(void)fs_write_atomic(path, sb.buf, sb.len, 0600);
}

int run_journal_begin_anew(struct run *run)
{
	_cleanup_free_ char *skew = path_join(run->dir, "skew", NULL);

	if (ftruncate(run->journal_fd, 0) < 0)
		return log_error_errno(-errno, "Cannot empty the journal in %s", run->dir);
	unlink(skew);
	evidence_list_release(&run->list);
	run->cut_in = NULL;
	run->own = 0;
	run->local = run->offset = 0;
	return 0;
}

/* What a host that went away had already; a frame torn off at the end comes once more. */
static int take_in(struct run *run, const char *path)
{
	_cleanup_(strbuf_release) struct strbuf sb = STRBUF_INIT;
	int r = fs_read(path, &sb, JOURNAL_LIMIT);
	uint64_t skew = read_skew(run);
	ssize_t used;

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return log_error_errno(r, "Cannot read %s", path);
	used = evidence_parse(&run->list, sb.buf, sb.len, &run->own);
	if (used < 0)
		return (int)used;
	if (truncate(path, used) < 0)
		return log_error_errno(-errno, "Cannot cut the torn end off %s", path);
	run->local = (uint64_t)used;
	run->offset = skew < from_board(run) ? from_board(run) - skew : 0;
	return 0;
}

int run_journal_open(struct run *run)
{
	_cleanup_free_ char *path = NULL;

	run->dir = store_run_dir(run->id);
	if (!run->dir)
		return -EIO;
	path = path_join(run->dir, "journal", NULL);
	run->journal_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (run->journal_fd < 0)
		return log_error_errno(-errno, "Cannot write %s", path);
	if (flock(run->journal_fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? JOURNAL_FOLLOWED
					    : log_error_errno(-errno, "Cannot lock %s", path);
	return take_in(run, path);
}

int run_enter(struct run *run)
{
	/* The copy first: what is entered and not locked is anybody's to collect. */
	int r = run_journal_open(run);

	if (r == JOURNAL_FOLLOWED)
		r = log_error_errno(-EEXIST, "Another process follows run %s already", run->id);
	if (r < 0)
		return r;
	return store_begin(run->q->store, run->id, run->q->board->name, run->began_s);
}

void run_forget(struct run *run)
{
	_cleanup_free_ char *path = run->dir ? path_join(run->dir, "journal", NULL) : NULL;

	if (!path || store_forget(run->q->store, run->id) < 0)
		return;
	(void)unlink(path);
	(void)rmdir(run->dir);
}

void run_journal_close(struct run *run)
{
	if (run->journal_fd >= 0)
		close(run->journal_fd);
	run->journal_fd = -1;
}

static void note(const struct run *run, const char *what)
{
	_cleanup_free_ char *path = run->dir ? path_join(run->dir, what, NULL) : NULL;

	if (path && fs_write_atomic(path, "", 0, 0600) < 0)
		log_warn("Cannot write %s: whoever collects run %s does not know of it", path,
			 run->id);
}

static bool was_noted(const struct run *run, const char *what)
{
	_cleanup_free_ char *path = path_join(run->dir, what, NULL);

	return fs_exists(path);
}

void run_note_cancel(const struct run *run)
{
	note(run, "cancelled");
}

bool run_was_cancelled(const struct run *run)
{
	return was_noted(run, "cancelled");
}

void run_note_reset(const struct run *run)
{
	note(run, "reset");
}

bool run_was_reset(const struct run *run)
{
	return was_noted(run, "reset");
}

void run_forget_reset(const struct run *run)
{
	_cleanup_free_ char *path = run->dir ? path_join(run->dir, "reset", NULL) : NULL;

	if (path)
		(void)unlink(path);
}

static int append(struct run *run, const struct frame *frame)
{
	uint8_t header[FRAME_HEADER];
	int r;

	frame_header(header, frame->type, frame->payload, frame->length);
	r = fs_write_all(run->journal_fd, header, sizeof(header));
	if (r == 0)
		r = fs_write_all(run->journal_fd, frame->payload, frame->length);
	if (r < 0) {
		/* Behind a part of a frame nothing could be read any more. */
		if (ftruncate(run->journal_fd, (off_t)run->local) < 0)
			log_debug("Cannot cut the torn end off the journal in %s", run->dir);
		return log_error_errno(r, "Cannot write the journal in %s", run->dir);
	}
	run->local += frame->total;
	return 0;
}

int run_journal_add(struct run *run, const struct frame *frame)
{
	static outpost_Entry entry;
	int r;

	entry = (outpost_Entry)outpost_Entry_init_zero;
	r = proto_unpack(frame, outpost_Entry_fields, &entry);
	if (r == 0 && entry.which_body == outpost_Entry_recovery_tag)
		r = -EBADMSG; /* no board's to say */
	if (r < 0)
		return log_error_errno(r, "An entry of the journal of run %s", run->id);
	r = append(run, frame);
	if (r < 0)
		return r;
	run->offset += frame->total;
	return evidence_add(&run->list, &entry);
}

void run_journal_note(struct run *run, const outpost_Entry *entry)
{
	static uint8_t bytes[PROTO_BUFFER];
	ssize_t n = proto_pack(FRAME_ENTRY, outpost_Entry_fields, entry, bytes);
	struct frame frame;

	(void)evidence_add(&run->list, entry);
	if (!run->dir || run->journal_fd < 0 || n < 0 || frame_parse(bytes, (size_t)n, &frame) != 1)
		return;
	/* Without it this process judges right, and only a later one does not know. */
	if (append(run, &frame) == 0)
		run->own += frame.total;
}
