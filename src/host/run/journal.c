// SPDX-License-Identifier: GPL-2.0-only
#include "host/run/internal.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "host/base/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>

/*
 * A run that prints all the time stays below this, because the supervisor keeps records back; a
 * hostile board does not.
 */
#define JOURNAL_LIMIT (256u << 20)

struct run_journal {
	const struct run_request *q;
	char *id;
	char *dir;     /* NULL until the journal is opened */
	int fd;        /* the copy */
	uint64_t size; /* bytes in it */
	size_t own;    /* bytes of our own entries in it */
	/* Where the board's next entry begins in its journal: at less than it sent so far if a
	 * crash cut off the end. */
	uint64_t offset;
	long long heard_ms;
	bool damaged;
	struct evidence_list list;
	outpost_Entry entry; /* the entry that is being added: 7 KB */
};

struct run_journal *run_journal_new(const struct run_request *q, const char *run)
{
	struct run_journal *j = xcalloc(1, sizeof(*j));

	j->q = q;
	j->id = xstrdup(run);
	j->fd = -1;
	return j;
}

void run_journal_free(struct run_journal *j)
{
	if (j->fd >= 0)
		close(j->fd);
	evidence_list_release(&j->list);
	free(j->id);
	free(j->dir);
	free(j);
}

const char *run_journal_id(const struct run_journal *j)
{
	return j->id;
}

const char *run_journal_dir(const struct run_journal *j)
{
	return j->dir;
}

const struct evidence_list *run_journal_evidence(const struct run_journal *j)
{
	return &j->list;
}

uint64_t run_journal_offset(const struct run_journal *j)
{
	return j->offset;
}

long long run_journal_heard_ms(const struct run_journal *j)
{
	return j->heard_ms;
}

bool run_journal_is_damaged(const struct run_journal *j)
{
	return j->damaged;
}

/* The bytes in the copy that came from the board. */
static uint64_t from_board(const struct run_journal *j)
{
	return j->size - j->own;
}

static uint64_t read_skew(const struct run_journal *j)
{
	_cleanup_free_ char *path = path_join(j->dir, "skew", NULL);
	_cleanup_(strbuf_release) struct strbuf sb = STRBUF_INIT;

	return fs_read(path, &sb, 64) < 0 ? 0 : strtoull(sb.buf, NULL, 10);
}

void run_journal_rewind(struct run_journal *j, uint64_t offset)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_(strbuf_release) struct strbuf sb = STRBUF_INIT;

	if (offset == j->offset)
		return;
	log_debug("Run %s: the board's journal continues at %llu, not at %llu", j->id,
		  (unsigned long long)offset, (unsigned long long)j->offset);
	j->offset = offset;
	if (!j->dir || offset > from_board(j))
		return;
	path = path_join(j->dir, "skew", NULL);
	strbuf_addf(&sb, "%llu\n", (unsigned long long)(from_board(j) - offset));
	(void)fs_write_atomic(path, sb.buf, sb.len, 0600);
}

int run_journal_restart(struct run_journal *j)
{
	_cleanup_free_ char *skew = path_join(j->dir, "skew", NULL);

	if (ftruncate(j->fd, 0) < 0)
		return log_error_errno(-errno, "Cannot empty the journal in %s", j->dir);
	unlink(skew);
	evidence_list_release(&j->list);
	j->own = 0;
	j->size = j->offset = 0;
	return 0;
}

/* Adds what the copy has already; a frame torn off at its end is sent again. */
static int take_in(struct run_journal *j, const char *path)
{
	_cleanup_(strbuf_release) struct strbuf sb = STRBUF_INIT;
	int r = fs_read(path, &sb, JOURNAL_LIMIT);
	uint64_t skew = read_skew(j);
	ssize_t used;

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return log_error_errno(r, "Cannot read %s", path);
	used = evidence_parse(&j->list, sb.buf, sb.len, &j->own);
	j->damaged = used < 0;
	if (j->damaged)
		return (int)used;
	if (truncate(path, used) < 0)
		return log_error_errno(-errno, "Cannot cut the torn end off %s", path);
	j->size = (uint64_t)used;
	j->offset = skew < from_board(j) ? from_board(j) - skew : 0;
	return 0;
}

int run_journal_open(struct run_journal *j)
{
	_cleanup_free_ char *path = NULL;

	j->dir = store_run_dir(j->id);
	if (!j->dir)
		return -EIO;
	path = path_join(j->dir, "journal", NULL);
	j->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (j->fd < 0)
		return log_error_errno(-errno, "Cannot write %s", path);
	if (flock(j->fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? JOURNAL_FOLLOWED
					    : log_error_errno(-errno, "Cannot lock %s", path);
	return take_in(j, path);
}

int run_journal_enter(struct run_journal *j, long long began_s)
{
	/* The copy first: any process may collect a run that is entered and not locked. */
	int r = run_journal_open(j);

	if (r == JOURNAL_FOLLOWED)
		r = log_error_errno(-EEXIST, "Another process follows run %s already", j->id);
	if (r < 0)
		return r;
	return store_begin(j->q->store, j->id, j->q->board->name, began_s);
}

void run_journal_forget(struct run_journal *j)
{
	_cleanup_free_ char *path = j->dir ? path_join(j->dir, "journal", NULL) : NULL;

	if (!path || store_forget(j->q->store, j->id) < 0)
		return;
	(void)unlink(path);
	(void)rmdir(j->dir);
}

static char *mark_path(const struct run_journal *j, enum run_mark mark)
{
	static const char *const names[] = {
		[MARK_CANCELLED] = "cancelled",
		[MARK_RESET] = "reset",
	};

	return j->dir ? path_join(j->dir, names[mark], NULL) : NULL;
}

static const char *mark_meaning(enum run_mark mark)
{
	return mark == MARK_CANCELLED ? "the run was interrupted"
				      : "the board was reset on purpose";
}

void run_journal_mark(const struct run_journal *j, enum run_mark mark)
{
	_cleanup_free_ char *path = mark_path(j, mark);

	if (path && fs_write_atomic(path, "", 0, 0600) < 0)
		log_warn("Cannot write %s: if another process collects run %s, it will not know "
			 "that %s",
			 path, j->id, mark_meaning(mark));
}

void run_journal_unmark(const struct run_journal *j, enum run_mark mark)
{
	_cleanup_free_ char *path = mark_path(j, mark);

	if (path)
		(void)unlink(path);
}

bool run_journal_is_marked(const struct run_journal *j, enum run_mark mark)
{
	_cleanup_free_ char *path = mark_path(j, mark);

	return path && fs_exists(path);
}

static int append(struct run_journal *j, const struct frame *frame)
{
	uint8_t header[FRAME_HEADER];
	int r;

	frame_header(header, frame->type, frame->payload, frame->length);
	r = fs_write_all(j->fd, header, sizeof(header));
	if (r == 0)
		r = fs_write_all(j->fd, frame->payload, frame->length);
	if (r < 0) {
		/* Nothing could be read after part of a frame. */
		if (ftruncate(j->fd, (off_t)j->size) < 0)
			log_debug("Cannot cut the torn end off the journal in %s", j->dir);
		return log_error_errno(r, "Cannot write the journal in %s", j->dir);
	}
	j->size += frame->total;
	return 0;
}

/* Adds the entry to the evidence. 0 or -errno, logged. */
static int understand(struct run_journal *j, const struct frame *frame)
{
	int r;

	j->entry = (outpost_Entry)outpost_Entry_init_zero;
	r = proto_unpack(frame, outpost_Entry_fields, &j->entry);
	if (r == 0 && j->entry.which_body == outpost_Entry_recovery_tag)
		r = -EBADMSG; /* only the host writes these */
	if (r < 0)
		return log_error_errno(r, "Invalid journal entry in run %s", j->id);
	return evidence_add(&j->list, &j->entry);
}

/* Ends the run in the evidence, so that what has no result yet is an error. */
static int end_full(struct run_journal *j)
{
	outpost_Entry entry = { .time_us = j->list.last_us,
				.which_body = outpost_Entry_run_end_tag };

	snprintf(entry.body.run_end.what, sizeof(entry.body.run_end.what),
		 "the board sent more than %u MiB of its journal", JOURNAL_LIMIT >> 20);
	run_journal_note(j, &entry);
	j->damaged = true;
	log_error("Board %s sent more than %u MiB of the journal of run %s; ending the run",
		  j->q->board->name, JOURNAL_LIMIT >> 20, j->id);
	return -EFBIG;
}

int run_journal_add(struct run_journal *j, const struct frame *frame)
{
	int r;

	j->heard_ms = run_now_ms(j->q);
	if (j->size + frame->total > JOURNAL_LIMIT)
		return end_full(j);
	/* First, so that the copy never has an entry that nobody can read. */
	r = understand(j, frame);
	j->damaged = r < 0;
	if (r == 0)
		r = append(j, frame);
	if (r == 0)
		j->offset += frame->total;
	return r;
}

void run_journal_note(struct run_journal *j, const outpost_Entry *entry)
{
	uint8_t bytes[PROTO_BUFFER];
	ssize_t n = proto_pack(FRAME_ENTRY, outpost_Entry_fields, entry, bytes);
	struct frame frame;

	(void)evidence_add(&j->list, entry);
	if (!j->dir || j->fd < 0 || n < 0 || frame_parse(bytes, (size_t)n, &frame) != 1)
		return;
	/* If this fails, only a later process judges without it. */
	if (append(j, &frame) == 0)
		j->own += frame.total;
}
