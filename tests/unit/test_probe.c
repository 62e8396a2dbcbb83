// SPDX-License-Identifier: GPL-2.0-only
/* The line that a board greets its gateway's prober with. */
#include "unit.h"

#include "common/cleanup.h"
#include "common/probe.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define BOOT_ID "11111111-2222-3333-4444-555555555555"

static const struct probe_hello sample = {
	.boot_id = BOOT_ID,
	.up_ms = 123456,
	.connects = 7,
	.ping_ms = 1000,
	.outage_ms = 4200,
	.cause = PROBE_CAUSE_SILENT,
	.failures = 3,
	.last = PROBE_CAUSE_REFUSED,
	.text = "Timeout, server gw not responding.",
};

static int parse(const char *line, struct probe_hello *hello)
{
	return probe_hello_parse(line, strlen(line), hello);
}

static void a_hello_arrives_as_it_was_sent(void **state)
{
	char line[PROBE_HELLO_MAX];
	struct probe_hello hello;
	size_t n = probe_hello_format(&sample, line);

	(void)state;
	assert_int_equal(line[n - 1], '\n');
	assert_int_equal(probe_hello_parse(line, n, &hello), 0);
	assert_memory_equal(&hello, &sample, sizeof(hello));
	assert_int_equal(probe_hello_parse(line, n - 1, &hello), 0);
	assert_memory_equal(&hello, &sample, sizeof(hello));
}

static void the_longest_hello_fits(void **state)
{
	struct probe_hello hello = sample, again;
	char line[PROBE_HELLO_MAX];

	(void)state;
	hello.up_ms = hello.connects = hello.outage_ms = UINT64_MAX;
	hello.ping_ms = hello.failures = UINT32_MAX;
	hello.cause = hello.last = PROBE_CAUSE_UNREACHABLE;
	memset(hello.text, 'x', sizeof(hello.text) - 1);
	assert_in_range(probe_hello_format(&hello, line), 1, PROBE_HELLO_MAX);
	assert_int_equal(probe_hello_parse(line, probe_hello_format(&hello, line), &again), 0);
	assert_memory_equal(&again, &hello, sizeof(again));
}

static void each_cause_has_a_word_of_its_own(void **state)
{
	(void)state;
	for (int i = 0; i < PROBE_CAUSE_COUNT; i++)
		assert_int_equal(probe_cause_find(probe_cause_word((enum probe_cause)i)), i);
	assert_int_equal(probe_cause_find("meteorite"), PROBE_CAUSE_OTHER);
}

static void what_is_missing_is_not_known(void **state)
{
	struct probe_hello hello;

	(void)state;
	assert_int_equal(parse("outpost-probe 1", &hello), 0);
	assert_int_equal(hello.connects, 0);
	assert_int_equal(parse("outpost-probe 1 colour=blue connects=2 cause=meteorite\n", &hello),
			 0);
	assert_int_equal(hello.connects, 2);
	assert_int_equal(hello.cause, PROBE_CAUSE_OTHER);
	assert_int_equal(parse("outpost-probe 2 connects=2\n", &hello), -EPROTONOSUPPORT);
	assert_int_equal(hello.connects, 0);
}

static void other_lines_are_no_hello(void **state)
{
	static const char *const lines[] = {
		"",
		"\n",
		"SSH-2.0-OpenSSH_9.2p1\n",
		"outpost-probe\n",
		"outpost-probe x\n",
		"outpost-probe 1connects=2\n",
		"outpost-probe 1 connects\n",
		"outpost-probe 1 connects=\n",
		"outpost-probe 1 connects=-2\n",
		"outpost-probe 1 connects=2x\n",
		"outpost-probe 1 connects=18446744073709551616\n",
		"outpost-probe 1 failures=4294967296\n",
		"outpost-probe 1 =2\n",
		"outpost-probe 1 cause=\033[2J\n",
		"outpost-probe 1 boot=../../etc/passwd\n",
		"outpost-probe 1 boot=" BOOT_ID "0\n",
		"outpost-probe 1 connects=2\nconnects=3\n",
	};
	struct probe_hello hello;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		if (parse(lines[i], &hello) != -EBADMSG)
			fail_msg("not refused: %s", lines[i]);
}

static void text_is_cleaned_and_cut(void **state)
{
	char line[PROBE_HELLO_MAX + 1];
	struct probe_hello hello;
	int n = snprintf(line, sizeof(line), "outpost-probe 1 text=a\033[31m b %0400d", 0);

	(void)state;
	assert_int_equal(probe_hello_parse(line, (size_t)n, &hello), 0);
	assert_int_equal(strncmp(hello.text, "a\\x1b[31m b 000", 15), 0);
	assert_int_equal(strlen(hello.text), PROBE_TEXT_MAX - 1);
	memset(line, ' ', sizeof(line));
	assert_int_equal(probe_hello_parse(line, sizeof(line), &hello), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hello_arrives_as_it_was_sent),
		cmocka_unit_test(the_longest_hello_fits),
		cmocka_unit_test(each_cause_has_a_word_of_its_own),
		cmocka_unit_test(what_is_missing_is_not_known),
		cmocka_unit_test(other_lines_are_no_hello),
		cmocka_unit_test(text_is_cleaned_and_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
