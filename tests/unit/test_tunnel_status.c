// SPDX-License-Identifier: GPL-2.0-only
/* The files that the prober writes, and outpost reads. */
#include "unit.h"

#include "common/tunnel_status.h"

#include <errno.h>
#include <string.h>

static const struct tunnel_status full = {
	.up = true,
	.since_ms = 1796000000123,
	.written_ms = 1796000100456,
	.p50_us = 23100,
	.p95_us = 31002,
	.jitter_us = 1200,
	.samples = 256,
	.lost = 3,
	.reconnects = 4,
	.connects = 17,
	.received = 1234567,
	.sent = 18446744073709551615u,
	.boot = "11111111-2222-3333-4444-555555555555",
	.last = { .start_ms = 1795999000000,
		  .end_ms = 1795999012300,
		  .seen = TUNNEL_LOST,
		  .cause = "path",
		  .text = "192.168.1.7 became 10.0.0.9 = new" },
};

static struct text text_of(const char *s)
{
	return (struct text){ s, strlen(s) };
}

static void assert_same_outage(const struct tunnel_outage *a, const struct tunnel_outage *b)
{
	assert_int_equal(a->start_ms, b->start_ms);
	assert_int_equal(a->end_ms, b->end_ms);
	assert_int_equal(a->seen, b->seen);
	assert_string_equal(a->cause, b->cause);
	assert_string_equal(a->text, b->text);
}

static void test_status_is_read_as_written(void **state)
{
	char text[TUNNEL_STATUS_SIZE];
	size_t n = tunnel_status_format(&full, text);
	struct tunnel_status s;

	(void)state;
	assert_int_equal(tunnel_status_parse((struct text){ text, n }, &s), 0);
	assert_true(s.up);
	assert_int_equal(s.since_ms, full.since_ms);
	assert_int_equal(s.written_ms, full.written_ms);
	assert_int_equal(s.p50_us, full.p50_us);
	assert_int_equal(s.p95_us, full.p95_us);
	assert_int_equal(s.jitter_us, full.jitter_us);
	assert_int_equal(s.samples, full.samples);
	assert_int_equal(s.lost, full.lost);
	assert_int_equal(s.reconnects, full.reconnects);
	assert_int_equal(s.connects, full.connects);
	assert_int_equal(s.received, full.received);
	assert_true(s.sent == full.sent);
	assert_string_equal(s.boot, full.boot);
	assert_same_outage(&s.last, &full.last);
}

static void test_every_reason_is_read_as_written(void **state)
{
	(void)state;
	for (int i = 0; i < TUNNEL_REASONS; i++) {
		const struct tunnel_status down = { .reason = (enum tunnel_reason)i };
		char text[TUNNEL_STATUS_SIZE];
		size_t n = tunnel_status_format(&down, text);
		struct tunnel_status s;

		assert_int_equal(tunnel_status_parse((struct text){ text, n }, &s), 0);
		assert_false(s.up);
		assert_int_equal(s.reason, i);
		assert_int_equal(s.last.start_ms, 0);
	}
}

static void test_the_longest_status_fits(void **state)
{
	struct tunnel_status longest = full, s;
	char text[TUNNEL_STATUS_SIZE];
	size_t n;

	(void)state;
	longest.up = false;
	longest.since_ms = longest.written_ms = INT64_MAX;
	longest.last.start_ms = longest.last.end_ms = INT64_MAX;
	longest.p50_us = longest.p95_us = longest.jitter_us = UINT32_MAX;
	longest.samples = longest.lost = UINT32_MAX;
	longest.reconnects = longest.connects = longest.received = UINT64_MAX;
	memset(longest.last.cause, 'c', sizeof(longest.last.cause) - 1);
	memset(longest.last.text, 't', sizeof(longest.last.text) - 1);
	n = tunnel_status_format(&longest, text);
	assert_true(n < TUNNEL_STATUS_SIZE - 1);
	assert_int_equal(tunnel_status_parse((struct text){ text, n }, &s), 0);
	assert_string_equal(s.last.text, longest.last.text);
	n = tunnel_outage_format(&longest.last, text);
	assert_true(n < TUNNEL_STATUS_SIZE - 1);
}

static void test_unknown_keys_are_ignored(void **state)
{
	struct tunnel_status s;

	(void)state;
	assert_int_equal(tunnel_status_parse(text_of("colour=blue\nstate=up\noutage_x=1\n"), &s),
			 0);
	assert_true(s.up);
	assert_int_equal(s.since_ms, 0);
}

static void test_what_is_no_status(void **state)
{
	static const char *const texts[] = {
		"",
		"\n",
		"state\n",
		"state=sideways\n",
		"since=12\n",
		"state=up\nsince=-1\n",
		"state=up\nsince=9223372036854775808\n",
		"state=up\np50_us=4294967296\n",
		"state=up\nreceived=18446744073709551616\n",
		"state=up\nlost=12x\n",
		"state=up\nlost=\n",
		"state=down\nreason=boredom\n",
		"state=up\nboot=1111111111111111111111111111111111111111111111111111\n",
		"state=up\ngarbage",
	};
	struct tunnel_status s;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (tunnel_status_parse(text_of(texts[i]), &s) != -EBADMSG)
			fail_msg("accepted: %s", texts[i]);
}

static void test_outage_is_read_as_written(void **state)
{
	char line[TUNNEL_STATUS_SIZE];
	size_t n = tunnel_outage_format(&full.last, line);
	struct tunnel_outage o;

	(void)state;
	assert_int_equal(line[n - 1], '\n');
	assert_null(memchr(line, '\n', n - 1));
	assert_int_equal(tunnel_outage_parse((struct text){ line, n }, &o), 0);
	assert_same_outage(&o, &full.last);
	assert_int_equal(tunnel_outage_parse(text_of("start=1 end=2 seen=closed cause= text="), &o),
			 0);
	assert_string_equal(o.cause, "");
	assert_string_equal(o.text, "");
}

static void test_what_is_no_outage(void **state)
{
	static const char *const lines[] = { "",
					     "start=1",
					     "end=2",
					     "start=1  end=2",
					     "start=one end=2",
					     "start=1 end=2 seen=never",
					     "start=1 end=2 blank" };
	struct tunnel_outage o;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (tunnel_outage_parse(text_of(lines[i]), &o) != -EBADMSG)
			fail_msg("accepted: %s", lines[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_status_is_read_as_written),
		cmocka_unit_test(test_every_reason_is_read_as_written),
		cmocka_unit_test(test_the_longest_status_fits),
		cmocka_unit_test(test_unknown_keys_are_ignored),
		cmocka_unit_test(test_what_is_no_status),
		cmocka_unit_test(test_outage_is_read_as_written),
		cmocka_unit_test(test_what_is_no_outage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
