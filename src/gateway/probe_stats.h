/* SPDX-License-Identifier: GPL-2.0-only */
/* Round trips of the last pings to one board. */
#ifndef OUTPOST_GATEWAY_PROBE_STATS_H
#define OUTPOST_GATEWAY_PROBE_STATS_H

#include <stdbool.h>
#include <stdint.h>

#define PROBE_WINDOW 256 /* pings: about four minutes */

/*
 * The jitter is that of RFC 3550, section 6.4.1 (code: A.8), with round trips in place of
 * transit times: the mean difference of successive ones, J += (|D| - J) / 16. A lost ping is
 * left out of it.
 */
struct probe_stats {
	uint32_t rtt_us[PROBE_WINDOW]; /* a ring; PROBE_LOST for a lost one */
	uint16_t n, next;
	uint32_t before_us; /* the previous round trip */
	bool has_before;
	uint64_t jitter_16; /* the jitter in sixteenths of a microsecond */
};

#define PROBE_LOST UINT32_MAX

struct probe_summary {
	uint32_t samples, lost;  /* pings in the window */
	uint32_t p50_us, p95_us; /* of those answered, by nearest rank; 0: none was */
	uint32_t jitter_us;
};

void probe_stats_add(struct probe_stats *stats, uint64_t rtt_us);
void probe_stats_add_lost(struct probe_stats *stats);

/* The next round trip is another path's: no difference to the previous one is taken. */
void probe_stats_break(struct probe_stats *stats);

void probe_stats_sum(const struct probe_stats *stats, struct probe_summary *summary);

#endif
