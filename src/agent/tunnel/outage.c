// SPDX-License-Identifier: GPL-2.0-only
#include "agent/tunnel/outage.h"

#include <stdio.h>

void outage_init(struct outage *o, long long now)
{
	*o = (struct outage){ .begin = now, .cause = PROBE_CAUSE_START };
}

bool outage_end(struct outage *o, long long now)
{
	if (o->over)
		return false;
	o->over = true;
	o->end = now;
	o->connects++;
	return true;
}

void outage_begin(struct outage *o, long long now, enum probe_cause cause, const char *text)
{
	o->over = false;
	o->begin = now;
	o->cause = cause;
	o->failures = 0;
	o->last = PROBE_CAUSE_NONE;
	snprintf(o->text, sizeof(o->text), "%s", text);
}

void outage_fail(struct outage *o, enum probe_cause cause)
{
	o->failures++;
	o->last = cause;
}

long long outage_ms(const struct outage *o, long long now)
{
	return (o->over ? o->end : now) - o->begin;
}

void outage_hello(const struct outage *o, long long now, struct probe_hello *hello)
{
	hello->connects = o->connects + !o->over;
	hello->outage_ms = (uint64_t)outage_ms(o, now);
	hello->cause = o->cause;
	hello->failures = o->failures;
	hello->last = o->last;
	snprintf(hello->text, sizeof(hello->text), "%s", o->text);
}
