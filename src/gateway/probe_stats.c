// SPDX-License-Identifier: GPL-2.0-only
#include "gateway/probe_stats.h"

#include <stdlib.h>

static void put(struct probe_stats *s, uint32_t rtt_us)
{
	s->rtt_us[s->next] = rtt_us;
	s->next = (uint16_t)((s->next + 1) % PROBE_WINDOW);
	if (s->n < PROBE_WINDOW)
		s->n++;
}

void probe_stats_add(struct probe_stats *s, uint64_t rtt_us)
{
	uint32_t rtt = rtt_us < PROBE_LOST ? (uint32_t)rtt_us : PROBE_LOST - 1;
	uint32_t d = rtt > s->before_us ? rtt - s->before_us : s->before_us - rtt;

	put(s, rtt);
	if (s->has_before)
		s->jitter_16 += d - ((s->jitter_16 + 8) >> 4);
	s->before_us = rtt;
	s->has_before = true;
}

void probe_stats_add_lost(struct probe_stats *s)
{
	put(s, PROBE_LOST);
}

void probe_stats_break(struct probe_stats *s)
{
	s->has_before = false;
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* The smallest value that at least `percent` of the n sorted ones do not exceed. */
static uint32_t nearest_rank(const uint32_t *sorted, uint32_t n, uint32_t percent)
{
	return n ? sorted[(n * percent + 99) / 100 - 1] : 0;
}

void probe_stats_sum(const struct probe_stats *s, struct probe_summary *summary)
{
	uint32_t sorted[PROBE_WINDOW], n = 0;

	for (uint16_t i = 0; i < s->n; i++)
		if (s->rtt_us[i] != PROBE_LOST)
			sorted[n++] = s->rtt_us[i];
	qsort(sorted, n, sizeof(*sorted), compare);
	*summary = (struct probe_summary){
		.samples = s->n,
		.lost = s->n - n,
		.p50_us = nearest_rank(sorted, n, 50),
		.p95_us = nearest_rank(sorted, n, 95),
		.jitter_us = (uint32_t)(s->jitter_16 >> 4),
	};
}
