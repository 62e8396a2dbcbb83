// SPDX-License-Identifier: GPL-2.0-only
/* What the answers of a board, or their absence, say about its tunnel. */
#include "gateway/probe_board_internal.h"

#include <endian.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

_Static_assert(sizeof(((struct tunnel_outage *)0)->text) >= PROBE_TEXT_MAX, "a board's text fits");
_Static_assert(sizeof(((struct tunnel_status *)0)->boot) >=
		       sizeof(((struct probe_hello *)0)->boot_id),
	       "a boot_id fits");

void probe_set_down(struct probe_board *b, enum tunnel_reason reason)
{
	struct tunnel_status *s = &b->status;

	if (s->up) {
		s->up = false;
		s->since_ms = b->heard_ms;
		b->outage = (struct tunnel_outage){ .start_ms = b->heard_ms, .seen = reason };
		b->changed = true;
	}
	b->changed |= s->reason != reason;
	s->reason = reason;
}

/* Why it was down: what the board says, unless this gateway knows better. */
static void set_cause(struct probe_board *b, struct tunnel_outage *o)
{
	const struct probe_hello *hello = &b->hello;

	if (b->answered) {
		snprintf(o->cause, sizeof(o->cause), "stall");
		snprintf(o->text, sizeof(o->text), "answers came late, over the same connection");
	} else if (*b->status.boot && *hello->boot_id &&
		   strcmp(b->status.boot, hello->boot_id) != 0) {
		snprintf(o->cause, sizeof(o->cause), "reboot");
		snprintf(o->text, sizeof(o->text), "the board had been up for %" PRIu64 " s",
			 hello->up_ms / 1000);
	} else {
		snprintf(o->cause, sizeof(o->cause), "%s", probe_cause_word(hello->cause));
		snprintf(o->text, sizeof(o->text), "%s", hello->text);
	}
}

/* Is this the carrier's connection that was seen last? */
static bool is_same_carrier(const struct probe_board *b)
{
	return *b->hello.boot_id && strcmp(b->hello.boot_id, b->status.boot) == 0 &&
	       b->hello.connects && b->hello.connects == b->status.connects;
}

void probe_set_up(struct probe_board *b, struct probe_time now)
{
	struct tunnel_status *s = &b->status;
	bool same = b->resumed_since_ms && is_same_carrier(b);

	if (b->outage.start_ms) {
		b->outage.end_ms = now.wall_ms;
		set_cause(b, &b->outage);
		s->last = b->outage;
		b->outage.start_ms = 0;
		b->has_ended = true;
	}
	if (b->was_up && !same)
		s->reconnects++;
	s->since_ms = same ? b->resumed_since_ms : now.wall_ms;
	b->was_up = s->up = b->changed = true;
	b->resumed_since_ms = 0;
	snprintf(s->boot, sizeof(s->boot), "%s", b->hello.boot_id);
	s->connects = b->hello.connects;
}

static void count(uint64_t *total, uint64_t *before, uint64_t now, bool counted)
{
	uint64_t more = !counted ? 0 : now < *before ? now : now - *before;

	*total = *total + more < *total ? UINT64_MAX : *total + more;
	*before = now;
}

/* What a carrier moved before its first echo counts too, unless an earlier prober saw it. */
void probe_count_bytes(struct probe_board *b, const struct probe_echo *echo)
{
	if (!b->answered && !is_same_carrier(b)) {
		b->counted = true;
		b->carrier_received = b->carrier_sent = 0;
	}
	count(&b->status.received, &b->carrier_received, le64toh(echo->received), b->counted);
	count(&b->status.sent, &b->carrier_sent, le64toh(echo->sent), b->counted);
	b->counted = true;
}
