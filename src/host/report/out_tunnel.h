/* SPDX-License-Identifier: GPL-2.0-only */
/* How the tunnels of a gateway's boards are shown. */
#ifndef OUTPOST_OUT_TUNNEL_H
#define OUTPOST_OUT_TUNNEL_H

#include "common/strbuf.h"
#include "host/tunnel/status.h"

#include <jansson.h>

/* A board and what is known about its past, the newest outage first. */
struct out_tunnel {
	const struct tunnel_board *board;
	const struct tunnel_outage *outages;
	size_t n_outages;
};

struct out_tunnel_look {
	int64_t now_ms; /* since the epoch */
	size_t columns;
	bool colour;
};

/* A row for each board; below it, why it is down, and its outages. */
void out_tunnel_table(struct strbuf *out, const struct out_tunnel *tunnels, size_t n,
		      const struct out_tunnel_look *look);

/* The document "outpost.tunnel-status/1"; the caller owns the reference. */
json_t *out_tunnel_json(const struct out_tunnel *tunnels, size_t n);

/* "12 s", "3m05s", "2h05m", "12d03h". */
void out_age(struct strbuf *out, int64_t ms);

/* In local time, the day only if it is another than today. */
void out_moment(struct strbuf *out, int64_t ms, int64_t now_ms);

#endif
