// SPDX-License-Identifier: GPL-2.0-only
/* How tunnels are shown. */
#include "unit.h"

#include "common/cleanup.h"
#include "host/report/out_tunnel.h"

#include <stdlib.h>
#include <string.h>

#define NOW 1796040000000 /* 2026-11-30 12:00:00 UTC */
#define S   1000
#define MIN 60000
#define H   3600000

static const struct tunnel_board boards[] = {
	{ .name = (char *)"camera",
	  .seen = TUNNEL_SEEN_NOW,
	  .status = { .reason = TUNNEL_LOST,
		      .since_ms = NOW - 3 * MIN - 12 * S,
		      .written_ms = NOW - 1 * S,
		      .p50_us = 120400,
		      .p95_us = 1480000,
		      .jitter_us = 45000,
		      .samples = 200,
		      .lost = 7,
		      .reconnects = 12,
		      .received = 1500,
		      .sent = 999 } },
	{ .name = (char *)"garden" },
	{ .name = (char *)"old",
	  .seen = TUNNEL_SEEN_ONCE,
	  .status = { .up = true,
		      .since_ms = NOW - 50 * H,
		      .written_ms = NOW - 2 * H,
		      .p50_us = 420,
		      .p95_us = 9994,
		      .jitter_us = 61,
		      .samples = 10 } },
	{ .name = (char *)"pi",
	  .seen = TUNNEL_SEEN_NOW,
	  .status = { .up = true,
		      .since_ms = NOW - 2 * H - 5 * MIN,
		      .written_ms = NOW - 1 * S,
		      .p50_us = 23100,
		      .p95_us = 31020,
		      .jitter_us = 1204,
		      .samples = 256,
		      .lost = 0,
		      .reconnects = 3,
		      .received = 1234567,
		      .sent = 310400,
		      .boot = "11111111-2222-3333-4444-555555555555" } },
};

static const struct tunnel_outage outages[] = {
	{ NOW - 2 * H - 5 * MIN - 12300, NOW - 2 * H - 5 * MIN, TUNNEL_CLOSED, "path",
	  "wlan0 became eth0" },
	{ NOW - 30 * H, NOW - 26 * H, TUNNEL_LOST, "", "" },
};

static const struct out_tunnel tunnels[] = {
	{ &boards[0], NULL, 0 },
	{ &boards[1], NULL, 0 },
	{ &boards[2], NULL, 0 },
	{ &boards[3], outages, 2 },
};

static void assert_table(size_t columns, bool colour, const char *expected)
{
	const struct out_tunnel_look look = { .now_ms = NOW, .columns = columns, .colour = colour };
	_cleanup_(strbuf_release) struct strbuf out = STRBUF_INIT;

	out_tunnel_table(&out, tunnels, ARRAY_SIZE(tunnels), &look);
	assert_string_equal(out.buf, expected);
}

static void test_table(void **state)
{
	(void)state;
	assert_table(
		100, false,
		"board   state   since      p50      p95   jitter  lost      in     out  cuts\n"
		"camera  down    3m12s   120 ms   1.48 s  45.0 ms    4%  1.5 kB   999 B    12\n"
		"  down    it stopped answering\n"
		"garden  ?           -\n"
		"  ?       the prober does not run (systemctl status outpost-prober)\n"
		"old     ?           -  0.42 ms  9.99 ms  0.06 ms    0%       -       -     0\n"
		"  ?       the prober does not run (systemctl status outpost-prober); these figures are "
		"from 10:00:00\n"
		"pi      up      2h05m  23.1 ms  31.0 ms  1.20 ms    0%  1.2 MB  310 kB     3\n"
		"  outage  09:54:47 for 12.3 s: the board's address or its route to the gateway changed "
		"(wlan0 became\n"
		"          eth0)\n"
		"          Nov 29 06:00 for 4h00m: it stopped answering\n");
}

static void test_ages(void **state)
{
	static const struct {
		int64_t ms;
		const char *text;
	} cases[] = { { -5, "0 s" },         { 59999, "59 s" },
		      { 60000, "1m00s" },    { 3599000, "59m59s" },
		      { 3600000, "1h00m" },  { 47LL * H, "47h00m" },
		      { 48LL * H, "2d00h" }, { 400LL * 24 * H, "400d00h" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(strbuf_release) struct strbuf out = STRBUF_INIT;

		out_age(&out, cases[i].ms);
		assert_string_equal(out.buf, cases[i].text);
	}
}

static const json_t *at(const json_t *document, size_t i)
{
	return json_array_get(json_object_get(document, "boards"), i);
}

static void assert_text(const json_t *object, const char *key, const char *expected)
{
	const char *text = json_string_value(json_object_get(object, key));

	assert_non_null(text);
	assert_string_equal(text, expected);
}

static void assert_number(const json_t *object, const char *key, json_int_t expected)
{
	assert_true(json_is_integer(json_object_get(object, key)));
	assert_int_equal(json_integer_value(json_object_get(object, key)), expected);
}

static void test_json(void **state)
{
	json_t *document = out_tunnel_json(tunnels, ARRAY_SIZE(tunnels));
	const json_t *pi = at(document, 3), *camera = at(document, 0), *outage;

	(void)state;
	assert_text(document, "schema", "outpost.tunnel-status/1");
	assert_int_equal(json_array_size(json_object_get(document, "boards")), 4);
	assert_text(pi, "name", "pi");
	assert_text(pi, "state", "up");
	assert_text(pi, "since", "2026-11-30T09:55:00Z");
	assert_null(json_object_get(pi, "reason"));
	assert_number(json_object_get(pi, "rtt_us"), "p50", 23100);
	assert_number(json_object_get(pi, "rtt_us"), "p95", 31020);
	assert_number(json_object_get(pi, "rtt_us"), "jitter", 1204);
	assert_number(pi, "pings", 256);
	assert_number(pi, "lost", 0);
	assert_number(pi, "received_bytes", 1234567);
	assert_number(pi, "sent_bytes", 310400);
	assert_number(pi, "reconnects", 3);
	outage = json_array_get(json_object_get(pi, "outages"), 0);
	assert_text(outage, "start", "2026-11-30T09:54:47Z");
	assert_number(outage, "duration_ms", 12300);
	assert_text(outage, "seen", "closed");
	assert_text(outage, "cause", "path");
	assert_text(outage, "text", "wlan0 became eth0");
	assert_null(json_object_get(json_array_get(json_object_get(pi, "outages"), 1), "cause"));
	assert_text(camera, "state", "down");
	assert_text(camera, "reason", "lost");
	assert_text(at(document, 1), "state", "unknown");
	assert_null(json_object_get(at(document, 1), "rtt_us"));
	assert_text(at(document, 2), "state", "unknown");
	assert_true(json_is_null(json_object_get(at(document, 2), "since")));
	json_decref(document);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_ages),
		cmocka_unit_test(test_json),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
