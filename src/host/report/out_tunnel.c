// SPDX-License-Identifier: GPL-2.0-only
#include "host/report/out_tunnel.h"

#include "common/cleanup.h"
#include "host/base/json_make.h"
#include "host/report/out.h"
#include "host/report/out_table.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#define NAME_LEAST 5
#define DAY_MS     86400000

void out_age(struct strbuf *out, int64_t ms)
{
	int64_t s = ms > 0 ? ms / 1000 : 0;

	if (s < 60)
		strbuf_addf(out, "%" PRId64 " s", s);
	else if (s < 3600)
		strbuf_addf(out, "%" PRId64 "m%02" PRId64 "s", s / 60, s % 60);
	else if (s < 2 * 86400)
		strbuf_addf(out, "%" PRId64 "h%02" PRId64 "m", s / 3600, s / 60 % 60);
	else
		strbuf_addf(out, "%" PRId64 "d%02" PRId64 "h", s / 86400, s / 3600 % 24);
}

void out_moment(struct strbuf *out, int64_t ms, int64_t now_ms)
{
	time_t then = (time_t)(ms / 1000), now = (time_t)(now_ms / 1000);
	struct tm tm, today;
	char text[32];

	localtime_r(&then, &tm);
	localtime_r(&now, &today);
	if (tm.tm_yday == today.tm_yday && tm.tm_year == today.tm_year)
		strftime(text, sizeof(text), "%H:%M:%S", &tm);
	else
		strftime(text, sizeof(text),
			 now_ms - ms < 180 * (int64_t)DAY_MS ? "%b %e %H:%M" : "%b %e %Y", &tm);
	strbuf_adds(out, text);
}

/* --- the table ---------------------------------------------------------------------------- */

/* "0.42 ms", "23.1 ms", "1.20 s": at most 7 columns. */
static void add_us(struct strbuf *out, uint32_t us)
{
	double ms = (double)us / 1000;

	if (ms < 9.995)
		strbuf_addf(out, "%.2f ms", ms);
	else if (ms < 99.95)
		strbuf_addf(out, "%.1f ms", ms);
	else if (ms < 999.5)
		strbuf_addf(out, "%.0f ms", ms);
	else
		strbuf_addf(out, "%.2f s", ms / 1000);
}

/* "317 B", "1.2 MB": at most 7 columns. */
static void add_bytes(struct strbuf *out, uint64_t bytes)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB" };
	double value = (double)bytes;
	size_t unit = 0;

	for (; value >= 999.5 && unit + 1 < ARRAY_SIZE(units); unit++)
		value /= 1000;
	strbuf_addf(out, unit && value < 9.95 ? "%.1f %s" : "%.0f %s", value, units[unit]);
}

static void add_cell(struct table *t, size_t width, struct strbuf *text)
{
	strbuf_addf(&t->text, "  %*s", (int)width, text->len ? text->buf : "-");
	strbuf_reset(text);
}

static void add_state(struct table *t, const struct tunnel_board *b)
{
	const char *word = b->seen != TUNNEL_SEEN_NOW ? "?" : b->status.up ? "up" : "down";
	const char *colour = *word == '?' ? YELLOW : b->status.up ? GREEN : RED;

	table_add_spaces(t, 2);
	table_add_coloured(t, colour, word);
	table_add_spaces(t, strlen("state") - strlen(word));
}

static void add_figures(struct table *t, const struct tunnel_status *s)
{
	_cleanup_(strbuf_release) struct strbuf cell = STRBUF_INIT;
	bool answered = s->samples > s->lost;

	if (answered)
		add_us(&cell, s->p50_us);
	add_cell(t, 7, &cell);
	if (answered)
		add_us(&cell, s->p95_us);
	add_cell(t, 7, &cell);
	if (answered)
		add_us(&cell, s->jitter_us);
	add_cell(t, 7, &cell);
	if (s->samples)
		strbuf_addf(&cell, "%" PRIu64 "%%",
			    ((uint64_t)s->lost * 100 + s->samples / 2) / s->samples);
	add_cell(t, 4, &cell);
	if (s->received)
		add_bytes(&cell, s->received);
	add_cell(t, 6, &cell);
	if (s->sent)
		add_bytes(&cell, s->sent);
	add_cell(t, 6, &cell);
	strbuf_addf(&cell, "%" PRIu64, s->reconnects);
	add_cell(t, 4, &cell);
}

static void add_row(struct table *t, const struct tunnel_board *b, int64_t now_ms)
{
	_cleanup_(strbuf_release) struct strbuf cell = STRBUF_INIT;

	strbuf_addf(&t->text, "%-*s", (int)t->name_width, b->name);
	add_state(t, b);
	if (b->seen == TUNNEL_SEEN_NOW && b->status.since_ms)
		out_age(&cell, now_ms - b->status.since_ms);
	add_cell(t, 6, &cell);
	if (b->seen != TUNNEL_SEEN_NEVER)
		add_figures(t, &b->status);
	strbuf_addch(&t->text, '\n');
}

static void add_why(struct table *t, const struct tunnel_board *b, int64_t now_ms)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (b->seen == TUNNEL_SEEN_NOW) {
		if (!b->status.up)
			table_add_detail(t, "down", tunnel_reason_clause(b->status.reason));
		return;
	}
	strbuf_adds(&text, "the prober does not run (systemctl status outpost-prober)");
	if (b->seen == TUNNEL_SEEN_ONCE) {
		strbuf_addf(&text, "; these figures are from ");
		out_moment(&text, b->status.written_ms, now_ms);
	}
	table_add_detail(t, "?", text.buf);
}

static void add_outage(struct table *t, const char *label, const struct tunnel_outage *o,
		       int64_t now_ms)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;

	out_moment(&text, o->start_ms, now_ms);
	strbuf_adds(&text, " for ");
	if (o->end_ms - o->start_ms < 60000)
		out_duration(&text, o->end_ms - o->start_ms);
	else
		out_age(&text, o->end_ms - o->start_ms);
	strbuf_addf(&text, ": %s", tunnel_outage_clause(o));
	if (*o->text)
		strbuf_addf(&text, " (%s)", o->text);
	table_add_detail(t, label, text.buf);
}

static size_t name_width(const struct out_tunnel *tunnels, size_t n)
{
	size_t width = NAME_LEAST;

	for (size_t i = 0; i < n; i++)
		if (strlen(tunnels[i].board->name) > width)
			width = strlen(tunnels[i].board->name);
	return width;
}

void out_tunnel_table(struct strbuf *out, const struct out_tunnel *tunnels, size_t n,
		      const struct out_tunnel_look *look)
{
	struct table t = { .text = STRBUF_INIT,
			   .name_width = name_width(tunnels, n),
			   .columns = look->columns,
			   .colour = look->colour };
	_cleanup_(strbuf_release) struct strbuf head = STRBUF_INIT;

	strbuf_addf(&head, "%-*s  state  %6s  %7s  %7s  %7s  %4s  %6s  %6s  %4s", (int)t.name_width,
		    "board", "since", "p50", "p95", "jitter", "lost", "in", "out", "cuts");
	table_add_coloured(&t, DIM, head.buf);
	strbuf_addch(&t.text, '\n');
	for (size_t i = 0; i < n; i++) {
		add_row(&t, tunnels[i].board, look->now_ms);
		add_why(&t, tunnels[i].board, look->now_ms);
		for (size_t k = 0; k < tunnels[i].n_outages; k++)
			add_outage(&t, k ? "" : "outage", &tunnels[i].outages[k], look->now_ms);
	}
	strbuf_add(out, t.text.buf, t.text.len);
	strbuf_release(&t.text);
}

/* --- JSON --------------------------------------------------------------------------------- */

static json_t *time_json(int64_t ms)
{
	time_t t = (time_t)(ms / 1000);
	char text[32];
	struct tm tm;

	if (!ms || !gmtime_r(&t, &tm))
		return json_null();
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return json_string(text);
}

static json_t *outage_json(const struct tunnel_outage *o)
{
	return object_json("{s:o, s:I, s:I, s:s, s:s*, s:s*, s:s}", "start", time_json(o->start_ms),
			   "start_ms", (json_int_t)o->start_ms, "duration_ms",
			   (json_int_t)(o->end_ms - o->start_ms), "seen",
			   tunnel_reason_word(o->seen), "cause", *o->cause ? o->cause : NULL,
			   "text", *o->text ? o->text : NULL, "summary", tunnel_outage_clause(o));
}

static json_t *rtt_json(const struct tunnel_status *s)
{
	if (s->samples == s->lost)
		return json_null();
	return object_json("{s:I, s:I, s:I}", "p50", (json_int_t)s->p50_us, "p95",
			   (json_int_t)s->p95_us, "jitter", (json_int_t)s->jitter_us);
}

static void add_status_json(json_t *row, const struct tunnel_board *b)
{
	const struct tunnel_status *s = &b->status;
	bool now = b->seen == TUNNEL_SEEN_NOW;

	json_object_set_new(row, "since", now ? time_json(s->since_ms) : json_null());
	if (now && !s->up)
		json_object_set_new(row, "reason", json_string(tunnel_reason_word(s->reason)));
	json_object_set_new(row, "seen", time_json(s->written_ms));
	json_object_set_new(row, "rtt_us", rtt_json(s));
	json_object_set_new(row, "pings", json_integer(s->samples));
	json_object_set_new(row, "lost", json_integer(s->lost));
	json_object_set_new(row, "received_bytes", json_integer((json_int_t)s->received));
	json_object_set_new(row, "sent_bytes", json_integer((json_int_t)s->sent));
	json_object_set_new(row, "reconnects", json_integer((json_int_t)s->reconnects));
	json_object_set_new(row, "boot_id", *s->boot ? text_json(s->boot) : json_null());
}

static json_t *tunnel_json(const struct out_tunnel *t)
{
	const struct tunnel_board *b = t->board;
	json_t *row = object_json("{s:s, s:s}", "name", b->name, "state",
				  b->seen != TUNNEL_SEEN_NOW ? "unknown"
				  : b->status.up             ? "up"
							     : "down");
	json_t *outages = json_array();

	if (b->seen != TUNNEL_SEEN_NEVER)
		add_status_json(row, b);
	for (size_t i = 0; i < t->n_outages; i++)
		json_array_append_new(outages, outage_json(&t->outages[i]));
	json_object_set_new(row, "outages", outages);
	return row;
}

json_t *out_tunnel_json(const struct out_tunnel *tunnels, size_t n)
{
	json_t *boards = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(boards, tunnel_json(&tunnels[i]));
	return object_json("{s:s, s:o}", "schema", "outpost.tunnel-status/1", "boards", boards);
}
