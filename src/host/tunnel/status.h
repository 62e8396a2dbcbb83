/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The boards of this gateway, as its prober sees them (common/tunnel_status.h). `root` is the
 * folder that all paths are below: "" but in tests.
 */
#ifndef OUTPOST_TUNNEL_BOARDS_H
#define OUTPOST_TUNNEL_BOARDS_H

#include "common/tunnel_status.h"

#include <stddef.h>

enum tunnel_seen {
	TUNNEL_SEEN_NEVER, /* no prober has run since this machine started */
	TUNNEL_SEEN_ONCE,  /* it no longer runs: `status` is what it saw last */
	TUNNEL_SEEN_NOW,
};

struct tunnel_board {
	char *name;
	enum tunnel_seen seen;
	struct tunnel_status status;
};

struct tunnel_boards {
	struct tunnel_board *list; /* sorted by name */
	size_t n;
};

void tunnel_boards_release(struct tunnel_boards *boards);

/* Has setup-gateway been run on this machine? */
bool tunnel_is_gateway(const char *root);

/*
 * Reads all boards, or the one called `only`. `now_ms` is the time, since the epoch. 0 or
 * -errno, logged; -ENOENT (logged) if this is not a gateway, or there is no such board.
 */
int tunnel_boards_read(const char *root, const char *only, int64_t now_ms,
		       struct tunnel_boards *boards);

/*
 * Reads the outages that the prober has written down, the oldest first; the caller frees the
 * array. None if the board never had one. 0 or -errno, logged.
 */
int tunnel_outages_read(const char *root, const char *name, struct tunnel_outage **outages,
			size_t *n);

/* Milliseconds since the epoch. */
int64_t tunnel_now_ms(void);

/* What a reason means, as a clause: "it stopped answering". */
const char *tunnel_reason_clause(enum tunnel_reason reason) __attribute__((const));

/* What caused an outage, as a clause: the board's word, or what this gateway saw. */
const char *tunnel_outage_clause(const struct tunnel_outage *outage) __attribute__((pure));

#endif
