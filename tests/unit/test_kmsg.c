// SPDX-License-Identifier: GPL-2.0-only
/* Records of /dev/kmsg. */
#include "common/cleanup.h"
#include "common/kmsg.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

static void test_records(void **state)
{
	static const struct {
		const char *record;
		int level, facility;
		uint64_t seq, usec;
		bool continuation;
		const char *text;
	} cases[] = {
		{ "6,339,5140900,-;NET: Registered\n SUBSYSTEM=net\n DEVICE=+pci\n", 6, 0, 339,
		  5140900, false, "NET: Registered" },
		{ "0,0,0,-;\n", 0, 0, 0, 0, false, "" },
		{ "30,7,8,-;systemd[1]: hello", 6, 3, 7, 8, false, "systemd[1]: hello" },
		{ "4,1,2,c;part\n", 4, 0, 1, 2, true, "part" },
		{ "4,1,2,+;rest\n", 4, 0, 1, 2, true, "rest" },
		{ "4,1,2,-,caller=T12;from a task\n", 4, 0, 1, 2, false, "from a task" },
		{ "4,1,2,-;a\\x0ab\\x5cc\n", 4, 0, 1, 2, false, "a\nb\\c" },
		{ "4,1,2,-;\\xGG \\x4 \\\n", 4, 0, 1, 2, false, "\\xGG \\x4 \\" },
		{ "7,18446744073709551615,2,-;last\n", 7, 0, UINT64_MAX, 2, false, "last" },
		{ "6,1,2,-;semi;colon, comma\n", 6, 0, 1, 2, false, "semi;colon, comma" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct kmsg_record r;
		char text[256];

		print_message("%s", cases[i].record);
		assert_int_equal(kmsg_parse(cases[i].record, strlen(cases[i].record), &r, text,
					    sizeof(text)),
				 0);
		assert_string_equal(r.text, cases[i].text);
		assert_int_equal(r.len, strlen(cases[i].text));
		assert_int_equal(r.level, cases[i].level);
		assert_int_equal(r.facility, cases[i].facility);
		assert_true(r.seq == cases[i].seq && r.usec == cases[i].usec);
		assert_int_equal(r.continuation, cases[i].continuation);
	}
}

static void test_not_records(void **state)
{
	static const char *const cases[] = {
		"",
		";",
		"6",
		"6,1",
		"6,1,2",
		"6,1,2,",
		"6,1,2,-",
		"6,1,2,-\n;x",
		"-6,1,2,-;x",
		"x,1,2,-;x",
		"6,,2,-;x",
		"6,1,,-;x",
		" 6,1,2,-;x",
		"99999,1,2,-;x",
		"6,18446744073709551616,2,-;x",
		"[    1.234567] text",
		"6,1,2;x",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct kmsg_record r;
		char text[64];

		print_message("%s\n", cases[i]);
		assert_int_equal(kmsg_parse(cases[i], strlen(cases[i]), &r, text, sizeof(text)),
				 -EBADMSG);
	}
}

static void test_cut_to_fit(void **state)
{
	struct kmsg_record r;
	char text[5];

	(void)state;
	assert_int_equal(kmsg_parse("6,1,2,-;long text", 17, &r, text, sizeof(text)), 0);
	assert_string_equal(text, "long");
	assert_int_equal(r.len, 4);
	assert_int_equal(kmsg_parse("6,1,2,-;long text", 17, &r, text, 0), -EBADMSG);
	assert_int_equal(kmsg_parse("6,1,2,-;a\\x00b", 14, &r, text, sizeof(text)), 0);
	assert_int_equal(r.len, 3);
	assert_memory_equal(text, "a\0b", 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_not_records),
		cmocka_unit_test(test_cut_to_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
