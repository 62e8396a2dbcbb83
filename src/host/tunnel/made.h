/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What setup-gateway has made on this machine, so that --undo removes that and nothing else. Each
 * thing is recorded just before Outpost creates it: a file of lines "KIND NAME" in TUNNEL_STATE.
 */
#ifndef OUTPOST_TUNNEL_MADE_H
#define OUTPOST_TUNNEL_MADE_H

#include "common/tunnel.h"

#include <stdbool.h>
#include <stddef.h>

#define MADE_FILE TUNNEL_STATE "/made"

enum made_kind { MADE_GROUP, MADE_USER, MADE_DIR, MADE_FILE_OR_LINK };

struct made_thing {
	enum made_kind kind;
	char *name; /* path, user or group */
};

struct made {
	struct made_thing *things; /* in the order in which they were made */
	size_t n;
};

/* Reads the record; empty if there is none. 0 or -errno, logged. */
int made_read(struct made *made);
void made_release(struct made *made);

bool made_has(const struct made *made, enum made_kind kind, const char *name);

/* Adds a thing and writes the record, whose folder exists. 0 or -errno, logged. */
int made_add(struct made *made, enum made_kind kind, const char *name);

/*
 * Removes the things from the last back to number `from`, and records what remains. One that is
 * already gone is not an error. A folder in which others may have put something meanwhile is
 * removed only if it is empty. 0 or -errno, logged; the rest then stays, in place and recorded.
 */
int made_remove(struct made *made, size_t from);

/* "group outpost", "/etc/outpost" */
const char *made_label(enum made_kind kind);

#endif
