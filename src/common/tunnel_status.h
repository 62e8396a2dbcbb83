/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the prober on a gateway writes down about a board's tunnel, and `outpost tunnel` reads:
 *
 *	TUNNEL_STATUS/NAME	the state now: lines KEY=VALUE, replaced by rename
 *	TUNNEL_HISTORY/NAME	one line per outage, the oldest first
 *
 * Unknown keys are ignored, and a missing one means "not known", so that either program may be
 * older. Text from the board has been cleaned (strbuf_add_clean()). Times are milliseconds
 * since the epoch, by the gateway's clock. Nothing here allocates or does I/O.
 */
#ifndef OUTPOST_TUNNEL_STATUS_H
#define OUTPOST_TUNNEL_STATUS_H

#include "common/text.h"

#include <stdbool.h>
#include <stdint.h>

/* Room for a status file, or a line of the history, with its NUL. */
#define TUNNEL_STATUS_SIZE 2048

/* How often the prober writes a status file, even if nothing changed. */
#define TUNNEL_WRITE_MS 2000
/* A status that is older than this is of a prober that no longer runs. */
#define TUNNEL_STALE_MS 10000

/* Why there is no way through the tunnel, as seen from the gateway. */
enum tunnel_reason {
	TUNNEL_STARTING, /* the prober has only just begun */
	TUNNEL_ABSENT,   /* the board has no socket here: it has not connected */
	TUNNEL_REFUSED,  /* the socket was left behind, nobody listens */
	TUNNEL_CLOSED,   /* the gateway's end of the connection was closed */
	TUNNEL_SILENT,   /* the listener accepts, but no board answers through it */
	TUNNEL_LOST,     /* the board stopped answering */
	TUNNEL_GARBAGE,  /* the answer was not the probe's protocol */
	TUNNEL_DENIED,   /* the prober may not use the socket, or it is something else */
	TUNNEL_REASONS,
};

/* "starting", "absent", ... */
const char *tunnel_reason_word(enum tunnel_reason reason) __attribute__((const));
/* False, and *reason unchanged, for another word. */
bool tunnel_reason_find(const char *word, enum tunnel_reason *reason);

struct tunnel_outage {
	int64_t start_ms; /* when the tunnel was last known to work; 0: there was no outage */
	int64_t end_ms;
	enum tunnel_reason seen;
	char cause[24]; /* what the board says, in one word; "": nothing */
	char text[240]; /* the same in a few words */
};

struct tunnel_status {
	bool up;
	enum tunnel_reason reason; /* unless it is up */
	int64_t since_ms;          /* up or down since; 0: not known */
	int64_t written_ms;
	uint32_t p50_us, p95_us; /* round trips in the window that were answered */
	uint32_t jitter_us;      /* see struct probe_stats */
	uint32_t samples;        /* pings in the window, answered or not */
	uint32_t lost;           /* of these, not answered in time */
	uint64_t reconnects;     /* times that it came back since the prober knows the board */
	uint64_t connects;       /* as the board counts them, since its supervisor started */
	uint64_t received, sent; /* bytes through the tunnel since then, as the board counts */
	char boot[40];           /* the board's boot_id; "": not known */
	struct tunnel_outage last;
};

/* Returns the length of the text, which always fits. */
size_t tunnel_status_format(const struct tunnel_status *status, char out[TUNNEL_STATUS_SIZE]);

/* 0, or -EBADMSG if this is not a status. */
int tunnel_status_parse(struct text text, struct tunnel_status *status);

/* One line of the history, with its newline. */
size_t tunnel_outage_format(const struct tunnel_outage *outage, char out[TUNNEL_STATUS_SIZE]);

/* The line may have its newline. 0, or -EBADMSG. */
int tunnel_outage_parse(struct text line, struct tunnel_outage *outage);

#endif
