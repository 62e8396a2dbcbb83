// SPDX-License-Identifier: GPL-2.0-only
#include "common/tunnel_status.h"

#include "common/cleanup.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

static const char *const reasons[TUNNEL_REASONS] = {
	[TUNNEL_STARTING] = "starting", [TUNNEL_ABSENT] = "absent", [TUNNEL_REFUSED] = "refused",
	[TUNNEL_CLOSED] = "closed",     [TUNNEL_SILENT] = "silent", [TUNNEL_LOST] = "lost",
	[TUNNEL_GARBAGE] = "garbage",   [TUNNEL_DENIED] = "denied",
};

const char *tunnel_reason_word(enum tunnel_reason reason)
{
	return reasons[reason];
}

/* --- writing ---------------------------------------------------------------------------- */

struct writer {
	char *out;
	size_t n;
};

static void __attribute__((format(printf, 2, 3))) add(struct writer *w, const char *fmt, ...)
{
	size_t left = TUNNEL_STATUS_SIZE - w->n;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(w->out + w->n, left, fmt, ap);
	va_end(ap);
	w->n += (size_t)n < left ? (size_t)n : left - 1;
}

size_t tunnel_status_format(const struct tunnel_status *s, char out[TUNNEL_STATUS_SIZE])
{
	struct writer w = { out, 0 };

	add(&w, "state=%s\nsince=%" PRId64 "\nwritten=%" PRId64 "\n", s->up ? "up" : "down",
	    s->since_ms, s->written_ms);
	if (!s->up)
		add(&w, "reason=%s\n", reasons[s->reason]);
	add(&w, "p50_us=%" PRIu32 "\np95_us=%" PRIu32 "\njitter_us=%" PRIu32 "\n", s->p50_us,
	    s->p95_us, s->jitter_us);
	add(&w, "samples=%" PRIu32 "\nlost=%" PRIu32 "\nreconnects=%" PRIu64 "\n", s->samples,
	    s->lost, s->reconnects);
	add(&w, "connects=%" PRIu64 "\nreceived=%" PRIu64 "\nsent=%" PRIu64 "\nboot=%s\n",
	    s->connects, s->received, s->sent, s->boot);
	if (s->last.start_ms)
		add(&w,
		    "outage_start=%" PRId64 "\noutage_end=%" PRId64 "\noutage_seen=%s\n"
		    "outage_cause=%s\noutage_text=%s\n",
		    s->last.start_ms, s->last.end_ms, reasons[s->last.seen], s->last.cause,
		    s->last.text);
	return w.n;
}

size_t tunnel_outage_format(const struct tunnel_outage *o, char out[TUNNEL_STATUS_SIZE])
{
	struct writer w = { out, 0 };

	add(&w, "start=%" PRId64 " end=%" PRId64 " seen=%s cause=%s text=%s\n", o->start_ms,
	    o->end_ms, reasons[o->seen], o->cause, o->text);
	return w.n;
}

/* --- reading ---------------------------------------------------------------------------- */

static bool is(struct text t, const char *word)
{
	return t.n == strlen(word) && memcmp(t.p, word, t.n) == 0;
}

static bool read_reason(struct text t, enum tunnel_reason *reason)
{
	for (int i = 0; i < TUNNEL_REASONS; i++) {
		if (!is(t, reasons[i]))
			continue;
		*reason = (enum tunnel_reason)i;
		return true;
	}
	return false;
}

bool tunnel_reason_find(const char *word, enum tunnel_reason *reason)
{
	return read_reason((struct text){ word, strlen(word) }, reason);
}

static bool read_u64(struct text t, uint64_t most, uint64_t *value)
{
	return text_take_u64(&t, value) && t.n == 0 && *value <= most;
}

static bool read_time(struct text t, int64_t *ms)
{
	uint64_t value;

	if (!read_u64(t, INT64_MAX, &value))
		return false;
	*ms = (int64_t)value;
	return true;
}

static bool read_u32(struct text t, uint32_t *value)
{
	uint64_t wide;

	if (!read_u64(t, UINT32_MAX, &wide))
		return false;
	*value = (uint32_t)wide;
	return true;
}

static bool read_state(struct text t, bool *up)
{
	*up = is(t, "up");
	return *up || is(t, "down");
}

static bool read_outage(struct text key, struct text value, struct tunnel_outage *o)
{
	if (is(key, "start"))
		return read_time(value, &o->start_ms);
	if (is(key, "end"))
		return read_time(value, &o->end_ms);
	if (is(key, "seen"))
		return read_reason(value, &o->seen);
	if (is(key, "cause"))
		text_copy(o->cause, sizeof(o->cause), value);
	if (is(key, "text"))
		text_copy(o->text, sizeof(o->text), value);
	return true;
}

static bool read_number(struct text key, struct text value, struct tunnel_status *s)
{
	const struct {
		const char *key;
		uint32_t *field;
	} small[] = {
		{ "p50_us", &s->p50_us },       { "p95_us", &s->p95_us },
		{ "jitter_us", &s->jitter_us }, { "samples", &s->samples },
		{ "lost", &s->lost },
	};
	const struct {
		const char *key;
		uint64_t *field;
	} large[] = {
		{ "reconnects", &s->reconnects },
		{ "connects", &s->connects },
		{ "received", &s->received },
		{ "sent", &s->sent },
	};

	for (size_t i = 0; i < ARRAY_SIZE(small); i++)
		if (is(key, small[i].key))
			return read_u32(value, small[i].field);
	for (size_t i = 0; i < ARRAY_SIZE(large); i++)
		if (is(key, large[i].key))
			return read_u64(value, UINT64_MAX, large[i].field);
	return true;
}

static bool read_key(struct text key, struct text value, struct tunnel_status *s)
{
	if (text_take(&key, "outage_"))
		return read_outage(key, value, &s->last);
	if (is(key, "state"))
		return read_state(value, &s->up);
	if (is(key, "reason"))
		return read_reason(value, &s->reason);
	if (is(key, "since"))
		return read_time(value, &s->since_ms);
	if (is(key, "written"))
		return read_time(value, &s->written_ms);
	if (is(key, "boot"))
		return text_copy(s->boot, sizeof(s->boot), value);
	return read_number(key, value, s);
}

/* Splits "KEY=VALUE"; false if there is no '='. */
static bool split(struct text line, struct text *key, struct text *value)
{
	if (!text_after(line, "=", value))
		return false;
	*key = (struct text){ line.p, (size_t)(value->p - line.p) - 1 };
	return true;
}

int tunnel_status_parse(struct text text, struct tunnel_status *s)
{
	struct text line, key, value;
	bool has_state = false;

	memset(s, 0, sizeof(*s));
	while (text_line(&text, &line)) {
		if (!split(line, &key, &value) || !read_key(key, value, s))
			return -EBADMSG;
		has_state |= is(key, "state");
	}
	return has_state ? 0 : -EBADMSG;
}

int tunnel_outage_parse(struct text line, struct tunnel_outage *o)
{
	memset(o, 0, sizeof(*o));
	text_trim_end(&line);
	while (line.n) {
		struct text word = line, key, value;
		const char *blank = text_find(line, " ");

		/* The text is the rest of the line; any other value is one word. */
		if (blank && !text_starts(line, "text="))
			word.n = (size_t)(blank - line.p);
		if (!split(word, &key, &value) || !read_outage(key, value, o))
			return -EBADMSG;
		text_skip(&line, word.n + 1);
	}
	return o->start_ms && o->end_ms ? 0 : -EBADMSG;
}
