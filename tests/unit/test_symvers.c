// SPDX-License-Identifier: GPL-2.0-only
/* Module.symvers: its three forms, and invalid ones. */
#include "unit.h"

#include "host/module/symvers.h"

#include <errno.h>
#include <string.h>

static struct symvers *parse(const char *text)
{
	struct symvers *s = NULL;
	size_t line;

	assert_int_equal(symvers_parse(text, strlen(text), &s, &line), 0);
	return s;
}

static void forms(void **state)
{
	static const char text[] =
		"0x28f6f105\tinit_uts_ns\tvmlinux\tEXPORT_SYMBOL_GPL\t\n"
		"0x00000000\tno_crc\tdrivers/net/mii\tEXPORT_SYMBOL\n"            /* until 5.3 */
		"0xabcdef01\tin_4\tUSB\tdrivers/usb/storage\tEXPORT_SYMBOL_GPL\n" /* 5.4, 5.5 */
		"0xffffffff\tin_6\tvmlinux\tEXPORT_SYMBOL_NS\tCRYPTO\n"
		"0x1\tshort\tvmlinux\tEXPORT_SYMBOL\t\n";
	_cleanup_(symvers_freep) struct symvers *s = parse(text);
	const struct symvers_symbol *found;

	(void)state;
	assert_int_equal(s->n, 5);
	found = symvers_find(s, "init_uts_ns");
	assert_int_equal(found->crc, 0x28f6f105);
	assert_string_equal(found->module, "vmlinux");
	assert_string_equal(found->name_space, "");
	assert_true(found->gpl);
	found = symvers_find(s, "no_crc");
	assert_string_equal(found->module, "drivers/net/mii");
	assert_string_equal(found->name_space, "");
	assert_false(found->gpl);
	found = symvers_find(s, "in_4");
	assert_string_equal(found->module, "drivers/usb/storage");
	assert_string_equal(found->name_space, "USB");
	assert_true(found->gpl);
	found = symvers_find(s, "in_6");
	assert_int_equal(found->crc, 0xffffffff);
	assert_string_equal(found->name_space, "CRYPTO");
	assert_false(found->gpl);
	assert_int_equal(symvers_find(s, "short")->crc, 1);
	assert_null(symvers_find(s, "in_5"));
	assert_null(symvers_find(s, ""));
	assert_null(symvers_find(s, "zzz"));
}

static void first_of_equals(void **state)
{
	_cleanup_(symvers_freep) struct symvers *s = parse("0x1\tb\tvmlinux\tEXPORT_SYMBOL\t\n"
							   "0x2\ta\tvmlinux\tEXPORT_SYMBOL\t\n"
							   "0x3\tb\tother\tEXPORT_SYMBOL\t\n");

	(void)state;
	assert_int_equal(symvers_find(s, "b")->crc, 1);
	assert_int_equal(symvers_find(s, "a")->crc, 2);
}

static void none(void **state)
{
	_cleanup_(symvers_freep) struct symvers *s = parse("");

	(void)state;
	assert_int_equal(s->n, 0);
	assert_null(symvers_find(s, "a"));
}

static void damaged(void **state)
{
	static const char *const lines[] = {
		"text",
		"",
		"0x1\ta\tvmlinux",
		"1\ta\tvmlinux\tEXPORT_SYMBOL",
		"0x\ta\tvmlinux\tEXPORT_SYMBOL",
		"0x123456789\ta\tvmlinux\tEXPORT_SYMBOL",
		"0x1g\ta\tvmlinux\tEXPORT_SYMBOL",
		"0x1\t\tvmlinux\tEXPORT_SYMBOL",
		"0x1\ta\t\tEXPORT_SYMBOL",
		"0x1\ta\tvmlinux\tSYMBOL",
		"0x1\ta\tvmlinux\tEXPORT_SYMBOL\tNS\tmore",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		struct symvers *s = NULL;
		char text[256];
		size_t line = 0;
		int n = snprintf(text, sizeof(text), "0x1\tx\tvmlinux\tEXPORT_SYMBOL\t\n%s\n",
				 lines[i]);

		if (symvers_parse(text, (size_t)n, &s, &line) != -EBADMSG)
			fail_msg("'%s' was accepted", lines[i]);
		assert_int_equal(line, 2);
		assert_null(s);
		/* A truncated line could be the beginning of another one. */
		assert_int_equal(symvers_parse("0x1\tx\tvmlinux\tEXPORT_SYMBOL", 27, &s, &line),
				 -EBADMSG);
	}
	{
		struct symvers *s = NULL;

		assert_int_equal(symvers_parse("0x1\ta\0b", 7, &s, NULL), -EBADMSG);
		assert_int_equal(symvers_read("/does/not/exist", &s, NULL), -ENOENT);
		assert_null(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms),
		cmocka_unit_test(first_of_equals),
		cmocka_unit_test(none),
		cmocka_unit_test(damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
