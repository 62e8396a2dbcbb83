/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state of the kernel before and after a module: taint, counters, and the names in folders
 * where modules leave things behind.
 */
#ifndef OUTPOST_AGENT_SNAPSHOT_H
#define OUTPOST_AGENT_SNAPSHOT_H

#include "common/proto.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Puts taint and counters into the message; the caller fills in the rest. */
void snapshot_state(outpost_State *state);

#define SNAPSHOT_NAMES 16384

/* Names as hashes: a fixed size, and no allocation while a board may be crashing. */
struct snapshot {
	uint64_t names[SNAPSHOT_NAMES];
	size_t n;
	bool complete; /* all names fitted */
};

void snapshot_take(struct snapshot *snapshot);

/* Calls `fn` for each path that exists now but is not in the snapshot. */
void snapshot_compare(const struct snapshot *snapshot, void (*fn)(const char *path, void *arg),
		      void *arg);

#endif
