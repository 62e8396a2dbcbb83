/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The journal of a run: ~/development/logs/<run>/journal, a sequence of ENTRY frames,
 * append-only. A frame that a crash left incomplete is cut off before anything is appended.
 */
#ifndef OUTPOST_AGENT_JOURNAL_H
#define OUTPOST_AGENT_JOURNAL_H

#include "agent/base/dirs.h"

#include <stdbool.h>
#include <stdint.h>

#define PLAN_MAX 1024 /* modules in a plan */

struct journal {
	int fd;
	int error;     /* of the first failed append; after it only a RunEnd is written */
	uint64_t size; /* of its complete frames; known if opened to append */
	uint64_t room; /* blocks are reserved up to this offset */
	uint8_t buffer[PROTO_BUFFER];
};

/*
 * Blocks are reserved ahead of the writes, so that a full disk shows before it truncates a
 * frame, and there is still room for a RunEnd that reports it.
 */

/*
 * Creates a journal, which stays hidden until it is published: half a plan is not a run. 0,
 * -ENOSPC or another -errno.
 */
int journal_create(struct journal *journal, const struct dirs *dirs, const char *run);
/* Syncs the journal and gives it its name. 0, -EEXIST or another -errno. */
int journal_publish(struct journal *journal, const struct dirs *dirs, const char *run);

/*
 * Opens an existing journal for reading or, with `append`, for appending after its last
 * complete frame. 0 or -errno.
 */
int journal_open(struct journal *journal, const struct dirs *dirs, const char *run, bool append);

void journal_close(struct journal *journal);

/* Sets the entry's time and appends it, completely or not at all. 0 or -errno. */
int journal_append(struct journal *journal, outpost_Entry *entry);
int journal_sync(struct journal *journal);

/*
 * Reads the whole journal and calls `fn` (or NULL) for each entry until it returns non-zero.
 * *size: bytes up to the end of the last complete frame that it took. 0, also for a journal
 * that a crash truncated; what `fn` returned; -EBADMSG for a complete frame that is not an
 * entry; or another -errno.
 */
int journal_each(const struct journal *journal, int (*fn)(const outpost_Entry *entry, void *arg),
		 void *arg, uint64_t *size);

#endif
