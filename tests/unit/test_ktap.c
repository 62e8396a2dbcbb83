// SPDX-License-Identifier: GPL-2.0-only
/* KTAP: as in the kernel's documentation, and as real producers print it. */
#include "common/cleanup.h"
#include "common/ktap/ktap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#define BROKEN 1 /* plan_broken */
#define WRONG  2 /* contradiction */
#define BAILED 4

struct expectation {
	const char *what;
	const char *text;
	unsigned int pass, fail, skip, todo;
	unsigned int flags;
	const char *failed; /* the first one, or NULL */
};

static const char *summary(const struct ktap_result *r)
{
	static char s[512];

	snprintf(s, sizeof(s), "%u pass %u fail %u skip %u todo%s%s%s; first failed: %s; why: %s",
		 r->pass, r->fail, r->skip, r->todo, r->plan_broken ? " broken" : "",
		 r->contradiction ? " contradiction" : "", r->bailed ? " bailed" : "",
		 r->n_failed ? r->failed[0] : "none", r->why);
	return s;
}

static void feed(struct ktap *k, const char *text)
{
	for (const char *nl; *text; text = nl + 1) {
		nl = strchr(text, '\n');
		ktap_feed(k, text, (size_t)(nl - text) + 1);
	}
}

static void check(const struct expectation *cases, size_t n, enum ktap_source source)
{
	for (size_t i = 0; i < n; i++) {
		const struct expectation *e = &cases[i];
		const struct ktap_result *r;
		struct ktap k;

		ktap_init(&k, source);
		feed(&k, e->text);
		r = ktap_finish(&k);
		print_message("%s: %s\n", e->what, summary(r));
		assert_int_equal(r->pass, e->pass);
		assert_int_equal(r->fail, e->fail);
		assert_int_equal(r->skip, e->skip);
		assert_int_equal(r->todo, e->todo);
		assert_int_equal(r->plan_broken * BROKEN + r->contradiction * WRONG +
					 r->bailed * BAILED,
				 e->flags);
		assert_int_equal(*r->why != '\0', e->flags != 0);
		if (e->failed)
			assert_string_equal(r->failed[0], e->failed);
		else
			assert_int_equal(r->n_failed, 0);
		assert_int_equal(ktap_passed(r), r->seen && !e->fail && !e->flags);
	}
}

static const struct expectation both[] = {
	{ "flat", "KTAP version 1\n1..2\nok 1 one\nok 2 two\n", 2, 0, 0, 0, 0, NULL },
	{ "a failure", "KTAP version 1\n1..2\nok 1 one\nnot ok 2 two\n", 1, 1, 0, 0, 0, "two" },
	{ "TAP 13 with dashes", "TAP version 13\n1..2\nok 1 - one\nnot ok 2 - two words\n", 1, 1, 0,
	  0, 0, "two words" },
	{ "directives",
	  "KTAP version 1\n1..8\nok 1 a # SKIP no device\nnot ok 2 b # SKIP\nnot ok 3 c # TODO\n"
	  "not ok 4 d # XFAIL known\nnot ok 5 e # TIMEOUT 30 seconds\nnot ok 6 f # ERROR -5\n"
	  "ok 7 g # rcode=0\nok 8 h # XPASS\n",
	  2, 2, 2, 2, 0, "e" },
	{ "lower case", "TAP version 13\n1..1\nok 1 a # skip why\n", 0, 0, 1, 0, 0, NULL },
	{ "an error said to be ok", "KTAP version 1\n1..1\nok 1 a # ERROR x\n", 0, 1, 0, 0, 0,
	  "a" },
	{ "nested by two",
	  "KTAP version 1\n1..1\n  KTAP version 1\n  1..2\n  ok 1 test_1\n  not ok 2 test_2\n"
	  "# example failed\nnot ok 1 example\n",
	  1, 1, 0, 0, 0, "test_2" },
	{ "two suites without subtest lines, as ktap.rst has them",
	  "KTAP version 1\n1..2\n  KTAP version 1\n  1..1\n  ok 1 a\nok 1 first\n  KTAP version 1\n"
	  "  1..1\n  ok 1 b # SKIP\nok 2 second\n",
	  1, 0, 1, 0, 0, NULL },
	{ "KUnit, nested by four and eight",
	  "KTAP version 1\n1..1\n    KTAP version 1\n    # Subtest: suite\n    # module: m\n    "
	  "1..2\n"
	  "        KTAP version 1\n        # Subtest: params\n        ok 1 v=1\n        not ok 2 "
	  "v=2\n"
	  "    # params: pass:1 fail:1\n    not ok 1 params\n    ok 2 plain\n# suite: pass:1\nnot "
	  "ok 1 suite\n",
	  2, 1, 0, 0, 0, "suite.params.v=2" },
	{ "other lines between",
	  "KTAP version 1\n1..2\nusb 1-1: new device\nok 1 a\n  random text\nok 2 b\n", 2, 0, 0, 0,
	  0, NULL },
	{ "suite fails though its tests pass",
	  "KTAP version 1\n1..1\n  KTAP version 1\n  1..1\n  ok 1 a\nnot ok 1 suite\n", 1, 1, 0, 0,
	  0, "suite" },
	{ "suite says ok though a test fails",
	  "KTAP version 1\n1..1\n  KTAP version 1\n  1..1\n  not ok 1 a\nok 1 suite\n", 0, 1, 0, 0,
	  WRONG, "a" },
	{ "too few", "KTAP version 1\n1..3\nok 1 a\n", 1, 0, 0, 0, BROKEN, NULL },
	{ "too many", "KTAP version 1\n1..1\nok 1 a\nok 2 b\n", 1, 0, 0, 0, BROKEN, NULL },
	{ "cut off in a suite",
	  "KTAP version 1\n1..1\n  KTAP version 1\n  # Subtest: s\n  1..2\n  ok 1 a\n", 1, 0, 0, 0,
	  BROKEN, NULL },
	{ "cut off after a suite", "KTAP version 1\n1..1\n  KTAP version 1\n  1..1\n  ok 1 a\n", 1,
	  0, 0, 0, BROKEN, NULL },
	{ "nothing after the version line", "KTAP version 1\n", 0, 0, 0, 0, BROKEN, NULL },
	{ "no plan", "KTAP version 1\nok 1 a\nok 2 b\n", 2, 0, 0, 0, 0, NULL },
	{ "no plan, a number is missing", "KTAP version 1\nok 1 a\nok 3 b\n", 2, 0, 0, 0, BROKEN,
	  NULL },
	{ "bail out", "TAP version 13\n1..2\nok 1 a\nBail out! no memory\n", 1, 0, 0, 0,
	  BROKEN | BAILED, NULL },
	{ "all skipped", "TAP version 13\n1..0 # SKIP not root\n", 0, 0, 1, 0, 0, NULL },
	{ "a suite all skipped",
	  "KTAP version 1\n1..1\n  TAP version 14\n  1..0 # SKIP x\nok 1 s # SKIP x\n", 0, 0, 1, 0,
	  0, NULL },
	{ "two documents", "KTAP version 1\n1..1\nok 1 a\nKTAP version 1\n1..1\nnot ok 1 b\n", 1, 1,
	  0, 0, 0, "b" },
	{ "carriage returns and stamps",
	  "[   12.345678] KTAP version 1\r\n[   12.345679] 1..1\r\n"
	  "[   12.345680]   KTAP version 1\r\n[   12.4] # x\r\n[   12.345681]   ok 1 a\r\n"
	  "[   12.345682] ok 1 s\r\n",
	  1, 0, 0, 0, 0, NULL },
	{ "no description", "KTAP version 1\n1..2\nok 1\nnot ok 2\n", 1, 1, 0, 0, 0, "test 2" },
	{ "an escaped hash", "TAP version 13\n1..1\nok 1 a \\# SKIP is text\n", 1, 0, 0, 0, 0,
	  NULL },
};

static const struct expectation on_stdout[] = {
	{ "no version line", "1..2\nok 1 a\nok 2 b\n", 2, 0, 0, 0, 0, NULL },
	{ "plan at the end", "ok 1 a\nok 2 b\n1..2\n", 2, 0, 0, 0, 0, NULL },
	{ "plan at the end, too large", "ok 1 a\n1..2\n", 1, 0, 0, 0, BROKEN, NULL },
	{ "no numbers", "1..2\nok - a\nnot ok - b\n", 1, 1, 0, 0, 0, "b" },
	{ "too many without numbers", "1..1\nok\nok\n", 2, 0, 0, 0, BROKEN, NULL },
	{ "two programs", "1..1\nok 1 a\n1..1\nok 1 b\n", 2, 0, 0, 0, 0, NULL },
	{ "not results", "ok: fine\nokay 1\nnot okay\nbroken 1\nok_1\n", 0, 0, 0, 0, 0, NULL },
	{ "kselftest's children are diagnostics",
	  "TAP version 13\n1..1\n# not ok 1 inner\nok 1 outer\n", 1, 0, 0, 0, 0, NULL },
};

static const struct expectation in_a_log[] = {
	{ "innocent text", "ok 1 is a good start\nnot ok 1 is not\n1..5\nBail out!\n", 0, 0, 0, 0,
	  0, NULL },
	{ "after the end of a document",
	  "KTAP version 1\n1..1\nok 1 a\nfoo: bar\nnot ok 1 of another\n", 1, 0, 0, 0, 0, NULL },
	{ "lost at the end", "KTAP version 1\n1..1\nnot ok 1 a\nnot ok 2 b\n", 0, 2, 0, 0, BROKEN,
	  "a" },
	{ "without a number it is text", "KTAP version 1\n1..1\nok then\nok 1 a\n", 1, 0, 0, 0, 0,
	  NULL },
	{ "a raw record", "6,1,2,-;KTAP version 1\n6,2,3,-;1..1\n6,3,4,-;ok 1 a\n", 1, 0, 0, 0, 0,
	  NULL },
};

static void test_stdout(void **state)
{
	(void)state;
	check(on_stdout, ARRAY_SIZE(on_stdout), KTAP_STDOUT);
}

static void test_kernel_log(void **state)
{
	(void)state;
	check(both, ARRAY_SIZE(both), KTAP_KERNEL_LOG);
	check(in_a_log, ARRAY_SIZE(in_a_log), KTAP_KERNEL_LOG);
}

/* The same on stdout, except for text after the last planned result. */
static void test_both(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(both); i++) {
		struct expectation e = both[i];

		if (strcmp(e.what, "too many") == 0)
			e.pass = 2;
		check(&e, 1, KTAP_STDOUT);
	}
}

static void test_bounds(void **state)
{
	const struct ktap_result *r;
	char name[1024];
	struct ktap k;

	(void)state;
	memset(name, 'x', sizeof(name));
	memcpy(name, "not ok 1 ", 9);
	ktap_init(&k, KTAP_STDOUT);
	for (int i = 0; i < 100; i++)
		ktap_feed(&k, name, sizeof(name));
	r = ktap_finish(&k);
	assert_int_equal(r->fail, 100);
	assert_int_equal(r->n_failed, KTAP_MAX_FAILED);
	assert_int_equal(strlen(r->failed[0]), KTAP_NAME_SIZE - 1);

	ktap_init(&k, KTAP_STDOUT);
	for (size_t depth = 0; depth < 40; depth++) {
		char line[64];
		int n = snprintf(line, sizeof(line), "%*sok 1 a\n", (int)depth, "");

		ktap_feed(&k, line, (size_t)n);
	}
	r = ktap_finish(&k);
	assert_true(r->too_deep);
	assert_false(ktap_passed(r));
	assert_true(sizeof(struct ktap) < 8 * 1024);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both),
		cmocka_unit_test(test_stdout),
		cmocka_unit_test(test_kernel_log),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
