// SPDX-License-Identifier: GPL-2.0-only
#include "agent/base/journal.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SET_ASIDE (256 * 1024)
#define KEPT_BACK (2 * PROTO_BUFFER) /* reserved for the RunEnd */

static int journal_path(const struct dirs *dirs, const char *run, char path[DIRS_MAX])
{
	if (!dirs_plain(run))
		return -EINVAL;
	return dirs_path(dirs, path, "logs/%s/journal", run);
}

/* For a plan that has not arrived completely; each connection has its own. */
static int draft_path(const struct dirs *dirs, const char *run, char path[DIRS_MAX])
{
	if (!dirs_plain(run))
		return -EINVAL;
	return dirs_path(dirs, path, "logs/%s/draft.%d", run, (int)getpid());
}

static int make_dir(const struct dirs *dirs, const char *run)
{
	char dir[DIRS_MAX];
	int r = dirs_path(dirs, dir, "logs/%s", run);

	return r < 0 ? r : dirs_mkdir(dirs, dir);
}

/*
 * Reserves blocks for SET_ASIDE bytes from offset `from`. 0 or -ENOSPC; lack of support by the
 * file system is not an error.
 */
static int set_aside(struct journal *journal, uint64_t from)
{
	if (fallocate(journal->fd, FALLOC_FL_KEEP_SIZE, (off_t)from, SET_ASIDE) < 0 &&
	    errno == ENOSPC)
		return -ENOSPC;
	journal->room = from + SET_ASIDE;
	return 0;
}

int journal_create(struct journal *journal, const struct dirs *dirs, const char *run)
{
	DIRS_AS_LOGIN(dirs);
	char path[DIRS_MAX];
	int r = draft_path(dirs, run, path);

	journal->fd = -1;
	journal->error = 0;
	journal->size = journal->room = 0;
	if (r == 0)
		r = make_dir(dirs, run);
	if (r < 0)
		return r;
	unlink(path);
	journal->fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644);
	if (journal->fd < 0)
		return -errno;
	r = set_aside(journal, 0);
	if (r < 0) {
		unlink(path);
		journal_close(journal);
		return r;
	}
	return 0;
}

int journal_publish(struct journal *journal, const struct dirs *dirs, const char *run)
{
	DIRS_AS_LOGIN(dirs);
	char draft[DIRS_MAX], path[DIRS_MAX];
	int r = journal_sync(journal);

	if (r == 0)
		r = draft_path(dirs, run, draft);
	if (r == 0)
		r = journal_path(dirs, run, path);
	if (r < 0)
		return r;
	/* Not rename(): an existing journal is never replaced. */
	r = link(draft, path) < 0 ? -errno : 0;
	unlink(draft);
	return r;
}

int journal_open(struct journal *journal, const struct dirs *dirs, const char *run, bool append)
{
	DIRS_AS_LOGIN(dirs);
	char path[DIRS_MAX];
	int r = journal_path(dirs, run, path);

	journal->fd = -1;
	journal->error = 0;
	if (r < 0)
		return r;
	journal->fd = open(path, (append ? O_RDWR | O_APPEND : O_RDONLY) | O_CLOEXEC);
	if (journal->fd < 0)
		return -errno;
	if (!append)
		return 0;
	r = journal_each(journal, NULL, NULL, &journal->size);
	if (r == 0 && ftruncate(journal->fd, (off_t)journal->size) < 0)
		r = -errno;
	if (r < 0) {
		journal_close(journal);
		return r;
	}
	/* ftruncate() always frees the reserved blocks. A full disk shows at the first append. */
	journal->room = journal->size;
	(void)!set_aside(journal, journal->size);
	return 0;
}

void journal_close(struct journal *journal)
{
	if (journal->fd >= 0)
		close(journal->fd);
	journal->fd = -1;
}

static int write_frame(struct journal *journal, size_t n, bool last)
{
	int r = last ? 0 : journal->error;

	if (r == 0 && !last && journal->size + n + KEPT_BACK > journal->room)
		r = set_aside(journal, journal->room);
	if (r < 0)
		return r;
	r = fs_write_all(journal->fd, journal->buffer, n);
	if (r == 0)
		journal->size += n;
	/*
	 * Cut off a partial frame, which would hide everything after it, and free the blocks
	 * reserved by a run that has ended.
	 */
	if (r < 0 || last)
		(void)!ftruncate(journal->fd, (off_t)journal->size);
	return r;
}

int journal_append(struct journal *journal, outpost_Entry *entry)
{
	bool last = entry->which_body == outpost_Entry_run_end_tag;
	ssize_t n;
	int r;

	entry->time_us = boottime_us();
	n = proto_pack(FRAME_ENTRY, outpost_Entry_fields, entry, journal->buffer);
	r = n < 0 ? (int)n : write_frame(journal, (size_t)n, last);
	if (r < 0 && !journal->error)
		journal->error = r;
	return r;
}

int journal_sync(struct journal *journal)
{
	if (fdatasync(journal->fd) == 0)
		return 0;
	if (!journal->error)
		journal->error = -errno;
	return -errno;
}

struct reader {
	int (*fn)(const outpost_Entry *entry, void *arg);
	void *arg;
	bool torn; /* the bytes in the buffer are not a frame */
	size_t have;
	uint8_t buffer[FRAME_MAX + FRAME_HEADER];
	outpost_Entry entry;
};

/*
 * Takes the complete frames out of the buffer; adds their bytes to *size. 0 or what fn returned;
 * -EBADMSG: a complete frame that is not an entry.
 */
static int take_frames(struct reader *rd, uint64_t *size)
{
	struct frame frame;
	size_t used = 0;
	int found, r = 0;

	while ((found = frame_parse(rd->buffer + used, rd->have - used, &frame)) > 0) {
		if (frame.type != FRAME_ENTRY)
			return -EBADMSG;
		if (rd->fn)
			r = proto_unpack(&frame, outpost_Entry_fields, &rd->entry);
		if (rd->fn && r == 0)
			r = rd->fn(&rd->entry, rd->arg);
		if (r)
			return r;
		used += frame.total;
		*size += frame.total;
	}
	rd->torn = found < 0;
	rd->have -= used;
	memmove(rd->buffer, rd->buffer + used, rd->have);
	return 0;
}

int journal_each(const struct journal *journal, int (*fn)(const outpost_Entry *, void *), void *arg,
		 uint64_t *size)
{
	_cleanup_free_ struct reader *rd = malloc(sizeof(*rd));
	off_t at = 0;

	*size = 0;
	if (!rd)
		return -ENOMEM;
	rd->fn = fn;
	rd->arg = arg;
	rd->torn = false;
	rd->have = 0;
	for (;;) {
		ssize_t n = pread(journal->fd, rd->buffer + rd->have, sizeof(rd->buffer) - rd->have,
				  at);
		int r;

		if (n < 0)
			return -errno;
		at += n;
		rd->have += (size_t)n;
		r = take_frames(rd, size);
		if (r || rd->torn || n == 0)
			return r;
	}
}
