// SPDX-License-Identifier: GPL-2.0-only
/* Parsing of make's output, kbuild's .cmd files and a folder's makefile. */
#include "sample_tree.h"

#include "common/strv.h"
#include "host/build/compdb.h"
#include "host/build/kbuild.h"
#include "host/build/messages.h"

/* --- messages ---------------------------------------------------------------------- */

static struct path_map map_for_work(void)
{
	static char user[4096];

	snprintf(user, sizeof(user), "%s/user", sample_work);
	return (struct path_map){ "/copy/of/it", NULL, user, "user" };
}

static void messages(void **state)
{
	static const char output[] =
		"make: Entering directory '/tree'\n"
		"  CC [M]  /copy/of/it/a.o\n"
		"In file included from /copy/of/it/a.c:1:\n"
		"/copy/of/it/sub/b.h:3:9: error: unknown type name 'foo'\n"
		"    3 | foo x;\n"
		"      | ^~~\n"
		"/copy/of/it/a.c: In function 'f':\n"
		"/copy/of/it/a.c:9:2: warning: unused variable 'y' [-Wunused-variable]\n"
		"a.c:10:2: error: relative, as from 6.13 on\n"
		"/copy/of/it/made.mod.c:1:1: error: the build's own file\n"
		"/copy/of/it/Kbuild:7: not about an error, though it ends in ld\n"
		"aarch64-linux-gnu-ld: cannot find x.o\n"
		"ERROR: modpost: \"nope\" [/copy/of/it/a.ko] undefined!\n"
		"make[2]: *** [scripts/Makefile.build:255: /copy/of/it/a.o] Error 1\n"
		"make[1]: *** Waiting for unfinished jobs....\n";
	struct path_map map = map_for_work();
	struct messages m = MESSAGES_INIT;

	(void)state;
	put(sample_work, "user/a.c", "");
	put(sample_work, "user/sub/b.h", "");
	put(sample_work, "user/Kbuild", "");
	messages_read(&m, &map, output, true);
	assert_string_equal(m.text.buf,
			    "In file included from user/a.c:1:\n"
			    "user/sub/b.h:3:9: error: unknown type name 'foo'\n"
			    "    3 | foo x;\n"
			    "      | ^~~\n"
			    "user/a.c: In function 'f':\n"
			    "user/a.c:9:2: warning: unused variable 'y' [-Wunused-variable]\n"
			    "user/a.c:10:2: error: relative, as from 6.13 on\n"
			    "/copy/of/it/made.mod.c:1:1: error: the build's own file\n"
			    "aarch64-linux-gnu-ld: cannot find x.o\n"
			    "ERROR: modpost: \"nope\" [/copy/of/it/a.ko] undefined!\n");
	assert_int_equal(m.errors, 5);
	assert_int_equal(m.warnings, 1);
	assert_string_equal(m.first_error, "user/sub/b.h:3:9: error: unknown type name 'foo'");
	messages_release(&m);
}

static void messages_unknown(void **state)
{
	struct path_map map = map_for_work();
	struct messages m = MESSAGES_INIT;

	(void)state;
	messages_read(&m, &map, "  CC [M] x.o\nsomething odd happened\n", false);
	assert_string_equal(m.text.buf, "");
	messages_read(&m, &map, "  CC [M] x.o\nsomething odd happened\n", true);
	assert_contains(m.text.buf, "something odd happened\n");
	messages_release(&m);
}

static void shown_paths(void **state)
{
	_cleanup_free_ char *below = path_join(sample_work, "x/y", NULL);
	_cleanup_free_ char *beside = xasprintf("%s-other", sample_work);
	_cleanup_free_ char *a = path_shown(below), *b = path_shown(sample_work),
			    *c = path_shown(beside);

	(void)state;
	assert_string_equal(a, "x/y");
	assert_string_equal(b, ".");
	assert_string_equal(c, beside);
}

/* --- .cmd files and makefiles ---------------------------------------------------------- */

static void cmd_files(void **state)
{
	static const struct {
		const char *text, *command, *file;
	} cases[] = {
		{ "cmd_/c/a.o := gcc -DX='\"a$(pound)b\"' -c -o /c/a.o /c/a.c\n\nsource_/c/a.o := "
		  "/c/a.c\n",
		  "gcc -DX='\"a#b\"' -c -o /c/a.o /c/a.c", "/c/a.c" },
		{ "savedcmd_a.o := gcc -Da=$$x -c -o a.o a.S ; ./objtool a.o\n",
		  "gcc -Da=$x -c -o a.o a.S", "a.S" },
		{ "savedcmd_/c/a.ko := ld -r -o /c/a.ko /c/a.o\n", NULL, NULL },
		{ "cmd_/c/m.o := ld -r -o /c/m.o /c/a.o /c/b.o\n", NULL, NULL },
		{ "cmd_a.o", NULL, NULL },
		{ "cmd_a.o := ", NULL, NULL },
		{ "", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct compdb_entry entry;
		int r = compdb_parse(cases[i].text, &entry);

		assert_int_equal(r, cases[i].file ? 0 : -ENOENT);
		if (r == 0) {
			assert_string_equal(entry.command, cases[i].command);
			assert_string_equal(entry.file, cases[i].file);
		}
		compdb_entry_release(&entry);
	}
}

static void makefile_variables(void **state)
{
	_cleanup_strv_ char **trees = NULL, **releases = NULL;

	(void)state;
	kbuild_scan_makefile("KERNELRELEASE ?= `uname -r`\n"
			     "MY_KDIR ?= /lib/modules/$(shell uname -r)/build\n"
			     "  export OTHER := /lib/modules/$(V)/source\n"
			     "MY_V=$(shell uname -r)\n"
			     "ifeq ($(MY_V),/lib/modules/x/build)\n"
			     "# COMMENTED = /lib/modules/x/build\n"
			     "INSTALL = /lib/modules/$(MY_V)/extra\n"
			     "\tmake -C /lib/modules/x/build M=y\n",
			     &trees, &releases);
	assert_int_equal(strv_length(trees), 2);
	assert_string_equal(trees[0], "MY_KDIR");
	assert_string_equal(trees[1], "OTHER");
	assert_int_equal(strv_length(releases), 1);
	assert_string_equal(releases[0], "MY_V");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(messages, sample_clear),
		cmocka_unit_test_setup(messages_unknown, sample_clear),
		cmocka_unit_test_setup(shown_paths, sample_clear),
		cmocka_unit_test(cmd_files),
		cmocka_unit_test(makefile_variables),
	};

	return cmocka_run_group_tests(tests, sample_start, sample_end);
}
