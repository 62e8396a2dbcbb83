/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The journal of a run: ~/development/logs/<run>/journal, ENTRY frames one
 * after the other, only ever appended to. What a crash tore off at its end is
 * cut away before anything is appended again.
 */
#ifndef OUTPOST_AGENT_JOURNAL_H
#define OUTPOST_AGENT_JOURNAL_H

#include "agent/base/dirs.h"

#include <stdbool.h>
#include <stdint.h>

#define PLAN_MAX 1024 /* modules in a plan */

struct journal {
	int fd;
	int error; /* the first that an append met: the evidence ends there, and only a RunEnd still
		      goes in */
	uint64_t size; /* of its whole frames; known to who appends */
	uint64_t room; /* how far blocks are set aside */
	uint8_t buffer[PROTO_BUFFER];
};

/*
 * Room is set aside ahead of what is written, so that a full disk shows before
 * it tears a frame, and there is still room to say so.
 */

/* A new one, which is only seen once it is published: half a plan is no run. -ENOSPC. */
int journal_create(struct journal *journal, const struct dirs *dirs, const char *run);
/* Synced, and by its name from now on. -EEXIST. */
int journal_publish(struct journal *journal, const struct dirs *dirs, const char *run);

/* One that exists: for reading, or (`append`) cut behind its last whole frame. */
int journal_open(struct journal *journal, const struct dirs *dirs, const char *run, bool append);

void journal_close(struct journal *journal);

/* Sets the entry's time and appends it whole, or not at all. 0 or -errno. */
int journal_append(struct journal *journal, outpost_Entry *entry);
int journal_sync(struct journal *journal);

/*
 * Reads the whole journal, calling `fn` for each entry (which may be NULL)
 * until it returns non-zero. *size: bytes up to the end of the last whole
 * frame that it took. 0, also for a journal that a crash tore off; what `fn`
 * returned; -EBADMSG for a whole frame that is no entry; or another -errno.
 */
int journal_each(const struct journal *journal, int (*fn)(const outpost_Entry *entry, void *arg),
		 void *arg, uint64_t *size);

#endif
