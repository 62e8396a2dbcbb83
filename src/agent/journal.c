// SPDX-License-Identifier: GPL-2.0-only
#include "agent/journal.h"

#include "common/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SET_ASIDE (256 * 1024)

static int journal_path(const struct place *place, const char *run, char path[PLACE_MAX])
{
	if (!place_plain(run))
		return -EINVAL;
	return place_path(place, path, "logs/%s/journal", run);
}

static int make_dir(const struct place *place, const char *run)
{
	char dir[PLACE_MAX];
	int r = place_path(place, dir, "logs/%s", run);

	return r < 0 ? r : place_mkdir(place, dir);
}

int journal_create(struct journal *journal, const struct place *place, const char *run)
{
	char path[PLACE_MAX];
	int r = journal_path(place, run, path);

	journal->fd = -1;
	journal->error = 0;
	if (r == 0)
		r = make_dir(place, run);
	if (r < 0)
		return r;
	journal->fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644);
	if (journal->fd < 0)
		return -errno;
	if (fallocate(journal->fd, FALLOC_FL_KEEP_SIZE, 0, SET_ASIDE) < 0 && errno == ENOSPC) {
		unlink(path);
		journal_close(journal);
		return -ENOSPC;
	}
	(void)!fchown(journal->fd, place->uid, place->gid);
	return 0;
}

int journal_open(struct journal *journal, const struct place *place, const char *run, bool append)
{
	char path[PLACE_MAX];
	uint64_t size;
	int r = journal_path(place, run, path);

	journal->fd = -1;
	journal->error = 0;
	if (r < 0)
		return r;
	journal->fd = open(path, (append ? O_RDWR | O_APPEND : O_RDONLY) | O_CLOEXEC);
	if (journal->fd < 0)
		return -errno;
	if (!append)
		return 0;
	r = journal_each(journal, NULL, NULL, &size);
	if (r == 0 && ftruncate(journal->fd, (off_t)size) < 0)
		r = -errno;
	return r;
}

void journal_close(struct journal *journal)
{
	if (journal->fd >= 0)
		close(journal->fd);
	journal->fd = -1;
}

int journal_append(struct journal *journal, outpost_Entry *entry)
{
	struct timespec now;
	ssize_t n;
	int r;

	clock_gettime(CLOCK_BOOTTIME, &now);
	entry->time_us = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
	n = proto_pack(FRAME_ENTRY, outpost_Entry_fields, entry, journal->buffer);
	r = n < 0 ? (int)n : fs_write_all(journal->fd, journal->buffer, (size_t)n);
	if (r < 0 && !journal->error)
		journal->error = r;
	return r;
}

int journal_sync(struct journal *journal)
{
	return fdatasync(journal->fd) < 0 ? -errno : 0;
}

/* The frames in buffer[0..have): how many bytes they are, or what fn said. */
static int each_frame(const uint8_t *buffer, size_t have, size_t *used,
		      int (*fn)(const outpost_Entry *, void *), void *arg)
{
	static outpost_Entry entry; /* 7 KB: not on the stack */
	struct frame frame;
	int r;

	*used = 0;
	while ((r = frame_parse(buffer + *used, have - *used, &frame)) > 0) {
		if (frame.type != FRAME_ENTRY)
			return -EBADMSG;
		if (fn) {
			r = proto_unpack(&frame, outpost_Entry_fields, &entry);
			if (r == 0)
				r = fn(&entry, arg);
			if (r)
				return r;
		}
		*used += frame.total;
	}
	return r;
}

int journal_each(const struct journal *journal, int (*fn)(const outpost_Entry *, void *), void *arg,
		 uint64_t *size)
{
	static uint8_t buffer[FRAME_MAX + FRAME_HEADER];
	size_t have = 0, used;
	off_t at = 0;

	*size = 0;
	for (;;) {
		ssize_t n = pread(journal->fd, buffer + have, sizeof(buffer) - have, at);
		int r;

		if (n < 0)
			return -errno;
		at += n;
		have += (size_t)n;
		r = each_frame(buffer, have, &used, fn, arg);
		*size += used;
		if (r == -EBADMSG || (n == 0 && r == 0))
			return 0; /* the rest is torn */
		if (r)
			return r;
		memmove(buffer, buffer + used, have - used);
		have -= used;
	}
}
