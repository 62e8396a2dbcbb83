/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long to wait before the next attempt to connect: a time drawn uniformly from (0, limit],
 * where the limit doubles from 0.2 s to a cap ("full jitter"), so that boards that lost their
 * gateway at the same moment do not come back at the same moment.
 *
 * The cap, 4 s, together with CALL_MS (link.h), makes the time from when packets flow again to
 * service. While nobody answers, an attempt sends a SYN when it starts and another after 1 s (the
 * kernel's first retransmission), is ended after 2 s, and a wait W in (0, 4] follows: so SYNs are
 * 1 s and 1 + W s apart, 4 s a cycle on average. From a random moment to the next SYN is more than
 * r seconds with probability (5 - r)^2 / 32 for r >= 1: median 1.0 s, p95 3.7 s. A handshake of
 * ssh and the first command add about 0.6 s, on a Pi 3 about 1 s: median 1.6 to 2 s, p95 4.3 to 4.7 s.
 * A cap of 6 s would give a p95 above 6; an attempt that waits longer would send its third SYN only
 * after 3 s, and its fourth after 7.
 *
 * What is noticed (a link, address or route that comes back) does not wait at all.
 */
#ifndef OUTPOST_AGENT_BACKOFF_H
#define OUTPOST_AGENT_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

#define BACKOFF_FIRST_MS      200
#define BACKOFF_CAP_MS        4000
#define BACKOFF_LONG_CAP_MS   30000              /* after ten minutes without success, */
#define BACKOFF_LONG_AFTER_MS (10 * 60 * 1000LL) /* and for a gateway that refuses this board */

struct backoff {
	unsigned int failures; /* since the last success */
	long long success;     /* the time of it, or of the start; monotonic_ms() */
};

/* At the start, and whenever something came from the gateway through the tunnel. */
void backoff_reset(struct backoff *b, long long now);

/*
 * Counts a failed attempt; how many ms to wait, at least 1. `random`: evenly distributed. `refused`:
 * the gateway answered and does not want this board, so haste does not help.
 */
int backoff_next(struct backoff *b, long long now, uint32_t random, bool refused);

#endif
