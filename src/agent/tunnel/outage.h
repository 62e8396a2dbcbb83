/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long nothing came through the tunnel, and why: what the supervisor tells the prober. An
 * outage begins when a connection ends that a ping came through, and ends with the first ping
 * through another one. Times are monotonic_ms().
 */
#ifndef OUTPOST_AGENT_OUTAGE_H
#define OUTPOST_AGENT_OUTAGE_H

#include "common/probe.h"

#include <stdbool.h>

struct outage {
	bool over;
	long long begin, end;      /* `end` only if it is over */
	uint64_t connects;         /* connections that a ping came through */
	enum probe_cause cause;    /* why the last of them ended */
	char text[PROBE_TEXT_MAX]; /* how the carrier said so */
	uint32_t failures;         /* attempts that failed since then */
	enum probe_cause last;     /* why the last of these failed */
};

/* The supervisor starts. */
void outage_init(struct outage *o, long long now);

/* A ping came through: true if that ends the outage. */
bool outage_end(struct outage *o, long long now);

/* A connection that worked has ended; or an attempt has failed. */
void outage_begin(struct outage *o, long long now, enum probe_cause cause, const char *text);
void outage_fail(struct outage *o, enum probe_cause cause);

/* How long it lasted, or lasts, in ms. */
long long outage_ms(const struct outage *o, long long now) __attribute__((pure));

/* What the prober is told; not its boot_id, up_ms and ping_ms. */
void outage_hello(const struct outage *o, long long now, struct probe_hello *hello);

#endif
