// SPDX-License-Identifier: GPL-2.0-only
#include "agent/tunnel/backoff.h"

void backoff_reset(struct backoff *b, long long now)
{
	b->failures = 0;
	b->success = now;
}

static int cap(const struct backoff *b, long long now, bool refused)
{
	return refused || now - b->success >= BACKOFF_LONG_AFTER_MS ? BACKOFF_LONG_CAP_MS
								    : BACKOFF_CAP_MS;
}

int backoff_next(struct backoff *b, long long now, uint32_t random, bool refused)
{
	int limit = BACKOFF_FIRST_MS, most = cap(b, now, refused);

	for (unsigned int i = 0; i < b->failures && limit < most; i++)
		limit *= 2;
	if (limit > most)
		limit = most;
	b->failures++;
	return 1 + (int)((uint64_t)random * (uint64_t)limit >> 32);
}
