// SPDX-License-Identifier: GPL-2.0-only
/* test.conf, valid and invalid, from files made here. */
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/strv.h"
#include "host/module/testconf.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

static char path[] = "/tmp/outpost-testconf-XXXXXX";

static int read_text(struct test_config *config, const char *text, const char *name)
{
	print_message("---\n%s\n", text);
	assert_int_equal(fs_write_atomic(path, text, strlen(text), 0600), 0);
	test_config_init(config);
	return test_config_read(config, path, name);
}

static void test_defaults(void **state)
{
	struct test_config c;

	(void)state;
	test_config_init(&c);
	assert_int_equal(test_config_read(&c, "/nonexistent/test.conf", "hello"), 0);
	assert_null(c.params);
	assert_null(c.depends);
	assert_int_equal(c.load_timeout_ms, 10000);
	assert_int_equal(c.test_timeout_ms, 30000);
	assert_int_equal(c.unload_timeout_ms, 10000);
	assert_int_equal(c.settle_ms, 50);
	test_config_release(&c);
}

static void test_all_keys(void **state)
{
	struct test_config c;

	(void)state;
	assert_int_equal(
		read_text(&c,
			  "params = a=1 b=\"two words\"\ndepends = other, in_tree\n"
			  "program = test/foo.c\nargs = --fast \"a b\" 'c d' e\\ f\n"
			  "log = hello: loaded\nlog = second\nskip = no hardware\n"
			  "load_timeout = 2s\ntimeout = 500ms\nunload_timeout = 1m\nsettle = 0\n",
			  "hello"),
		0);
	assert_string_equal(c.params, "a=1 b=\"two words\"");
	assert_int_equal(strv_length(c.depends), 2);
	assert_string_equal(c.depends[0], "other");
	assert_string_equal(c.depends[1], "in_tree");
	assert_string_equal(c.program, "test/foo.c");
	assert_int_equal(strv_length(c.args), 4);
	assert_string_equal(c.args[0], "--fast");
	assert_string_equal(c.args[1], "a b");
	assert_string_equal(c.args[2], "c d");
	assert_string_equal(c.args[3], "e f");
	assert_int_equal(strv_length(c.log_lines), 2);
	assert_string_equal(c.log_lines[1], "second");
	assert_string_equal(c.skip, "no hardware");
	assert_int_equal(c.load_timeout_ms, 2000);
	assert_int_equal(c.test_timeout_ms, 500);
	assert_int_equal(c.unload_timeout_ms, 60000);
	assert_int_equal(c.settle_ms, 0);
	test_config_release(&c);
}

static void test_sections(void **state)
{
	static const char text[] =
		"params = a=0\ntimeout = 5s\nlog = every\n[ring-user]\nparams = a=1\n"
		"log = ring\n[other]\nparams = a=2\nskip = other only\n";
	struct test_config c;

	(void)state;
	assert_int_equal(read_text(&c, text, "ring_user"), 0);
	assert_string_equal(c.params, "a=1");
	assert_int_equal(strv_length(c.log_lines), 2);
	assert_null(c.skip);
	assert_int_equal(c.test_timeout_ms, 5000);
	test_config_release(&c);

	assert_int_equal(read_text(&c, text, "hello"), 0);
	assert_string_equal(c.params, "a=0");
	assert_int_equal(strv_length(c.log_lines), 1);
	test_config_release(&c);
}

static void test_bad(void **state)
{
	static const char *const cases[] = {
		"parms = a=1\n",
		"timeout = soon\n",
		"timeout = 0\n",
		"timeout = -1s\n",
		"settle = x\n",
		"params = a=\"open\n",
		"args = 'open\n",
		"depends =\n",
		"depends = \"a\"\n",
		"depends = ../x\n",
		"program =\n",
		"skip =\n",
		"log =\n",
		"no equals sign\n",
		"[other]\nbogus = 1\n",
		"[other]\ntimeout = x\n",
		"program = a.c\nprogram = b.c\n",
		"timeout = 1s\n[hello]\ntimeout = 2s\nskip = x\ntimeout = 3s\n",
		"[ring-user]\nskip = x\n[ring_user]\nskip = y\n",
		"\xef\xbb\xbfprogram = a.c\n",
		"m.timeout = 30s\n",
		"*.program = a.c\n",
		"[m]\nhello.skip = x\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct test_config c;

		assert_int_equal(read_text(&c, cases[i], "hello"), -EINVAL);
		test_config_release(&c);
	}
}

static int check_sections(const char *text, char *const *names)
{
	assert_int_equal(fs_write_atomic(path, text, strlen(text), 0600), 0);
	return test_config_check_sections(path, names);
}

/* A section that names no module would be ignored, and a module would pass untested. */
static void test_sections_are_modules(void **state)
{
	char *const names[] = { (char *)"hello", (char *)"ring_user", NULL };

	(void)state;
	assert_int_equal(check_sections("skip = x\n[hello]\n[ring-user]\nskip = y\n", names), 0);
	assert_int_equal(check_sections("[ring_user]\n", names), 0);
	assert_int_equal(check_sections("[test]\nprogram = test/a.c\n", names), -EINVAL);
	assert_int_equal(check_sections("[test]\n", names), -EINVAL);
	assert_int_equal(check_sections("[hell]\n", names), -EINVAL);
	assert_int_equal(test_config_check_sections("/nonexistent/test.conf", names), 0);
}

static void test_words(void **state)
{
	static const struct {
		const char *text;
		size_t n;
		const char *last;
	} cases[] = {
		{ "", 0, NULL },
		{ "  \t ", 0, NULL },
		{ "a", 1, "a" },
		{ " a  b ", 2, "b" },
		{ "a=\"b c\"d", 1, "a=b cd" },
		{ "''", 1, "" },
		{ "'\\'", 1, "\\" },
		{ "\"\\\"\"", 1, "\"" },
		{ "a\\", 1, "a\\" },
		{ "'a\"b' \"c'd\"", 2, "c'd" },
	};
	char **words;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_strv_ char **w = NULL;

		print_message("<%s>\n", cases[i].text);
		assert_int_equal(words_split(cases[i].text, &w), 0);
		assert_int_equal(strv_length(w), cases[i].n);
		if (cases[i].n)
			assert_string_equal(w[cases[i].n - 1], cases[i].last);
	}
	assert_int_equal(words_split("\"open", &words), -EINVAL);
	assert_int_equal(words_split("a 'open", &words), -EINVAL);
	assert_int_equal(words_split("\"a\\\"", &words), -EINVAL);
}

static int set_up(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int tear_down(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_all_keys),
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_sections_are_modules),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
