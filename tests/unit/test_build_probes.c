// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makefiles probe the tools: which answers may be cached, and that they are, until the tools
 * change.
 */
#include "sample_tree.h"

#include "host/build/build.h"
#include "host/build/probe.h"

/* --- which commands ------------------------------------------------------------------- */

#define CC "a-gcc-12"

static void pure(void **state)
{
	/* As make runs them for kbuild's makefiles, from 5.10 to 6.12. */
	static const char *const commands[] = {
		" " CC " -Werror -D__KERNEL__ -DX='\"armv8.5-a\"' -fmacro-prefix-map=/usr/src/l/= "
		"-I./include -Wa,-march=armv8.5-a -Wno-psabi -c -x c /dev/null -o \"$TMP\"",
		CC " -Werror -c -x assembler-with-cpp /dev/null -o \"$TMP\"",
		"printf \"%b\\n\" \".arch_extension mte\" | " CC
		" -Wa,--fatal-warnings -c -x assembler-with-cpp -o \"$TMP\" -",
		"a-ld -EL -maarch64elf -z noexecstack -v",
		"echo 'int main(void) { asm volatile(\"and w0, w0, %w0\" :: \"K\" (4294967295)); "
		"return 0; }' | " CC " -S -x c -o \"$TMP\" -",
		"echo 'long long x;' | " CC " -x c - -c -o \"$TMP.base\" && a-nm \"$TMP.base\" | "
		"grep ' U ' > \"$TMP.ubase\" || true ; cmp -s \"$TMP.ubase\" \"$TMP.utest\"",
		CC " -c -x c /dev/null -o \"$TMPO\" >/dev/null",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (!probe_is_pure(commands[i], CC, "a-"))
			fail_msg("not considered pure: %s", commands[i]);
}

/* Their answers may change, or they are not understood. */
static void impure(void **state)
{
	static const char *const commands[] = {
		"test -e /usr/include/x.h",
		"grep -q foo /usr/src/linux/include/linux/fs.h",
		"grep -rq foo",
		"grep -f patterns -q",
		CC " -c -x c probe.c -o \"$TMP\"",
		CC " -c -x c /dev/null /m/probe.c -o \"$TMP\"",
		CC " -include config.h -c -x c /dev/null -o \"$TMP\"",
		CC " -includeconfig.h -c -x c /dev/null -o \"$TMP\"",
		CC " -fplugin=./p.so -c -x c /dev/null -o \"$TMP\"",
		CC " --specs=x -c -x c /dev/null -o \"$TMP\"",
		CC " @flags -c -x c /dev/null -o \"$TMP\"",
		CC " -Wp,-imacros,/m/x.h -c -x c /dev/null -o \"$TMP\"",
		CC " -c -x c /dev/null -o here.o",
		CC " -c -x c /dev/null -o \"$TMP\" > here",
		CC " -c -x c - -o \"$TMP\" < here",
		"echo '#include <linux/fs.h>' | " CC " -c -x c -o \"$TMP\" -",
		"echo '.incbin \"x\"' | " CC " -c -x assembler -o \"$TMP\" -",
		"cat x.c | " CC " -c -x c -o \"$TMP\" -",
		"echo \"$HOME\" | " CC " -c -x c -o \"$TMP\" -",
		"echo \"$TMPDIR\" | " CC " -c -x c -o \"$TMP\" -",
		"echo `date` | " CC " -c -x c -o \"$TMP\" -",
		"echo \"`date`\" | " CC " -c -x c -o \"$TMP\" -",
		"echo $(date) | " CC " -c -x c -o \"$TMP\" -",
		"echo *.c | " CC " -c -x c -o \"$TMP\" -",
		CC " -v & sleep 1",
		CC " -v && test -e x",
		CC " -v; test -e x",
		CC " -v\ntest -e x",
		"(" CC " -v)",
		"! " CC " -v",
		"X=1 " CC " -v",
		CC " -v 'open",
		CC " -v >",
		"gcc -v",
		"b-ld -v",
		"a-gdb -v",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (probe_is_pure(commands[i], CC, "a-"))
			fail_msg("considered pure: %s", commands[i]);
}

static void named(void **state)
{
	_cleanup_free_ char *command = probe_command("a~sb~ec~~d~c~h~t~n\"~dTMP\"~o~b~l");
	static const char special[] = "$\\()#=: \t\n\r\1\177\303";
	char text[] = "echo~s.";

	(void)state;
	assert_string_equal(command, "a b=c~d:#\t\n\"$TMP\"(\\)");
	assert_null(probe_command("a~x"));
	assert_null(probe_command("a~"));
	for (const char *p = special; *p; p++) {
		text[6] = *p;
		if (probe_command(text))
			fail_msg("accepted: character %d", *p);
	}
}

/* --- with a makefile ------------------------------------------------------------------ */

/* Like scripts/Makefile.compiler; writes the answers to a file in the copy. */
static const char kbuild[] =
	"try-run = $(shell set -e; TMP=$(M)/.tmp; if ($(1)) >/dev/null 2>&1; "
	"then echo \"$(2)\"; else echo \"$(3)\"; fi)\n"
	"good := $(call try-run,$(CC) -Werror -fno-common -c -x c /dev/null -o "
	"\"$$TMP\",-DG=\\\"g\\\")\n"
	"bad := $(call try-run,$(CC) -Werror -fno-such -c -x c /dev/null -o \"$$TMP\",y,-DB)\n"
	"file := $(call try-run,test -e $(M)/there,there,gone)\n"
	"$(shell echo '$(good) $(bad) $(file) $(MAKEFILE_LIST)' > $(M)/told)\n"
	"obj-m := mod.o\n";

static struct build_settings settings = { .no_ccache = true };

static char *build_folder(const char *folder)
{
	char *const paths[] = { (char *)folder, NULL };
	struct build_request request = {
		.tree = &sample_tree, .paths = paths, .jobs = 1, .settings = &settings
	};
	struct module_list built = { 0 };
	char *told;

	assert_int_equal(build(&request, &built), 0);
	assert_int_equal(built.n, 1);
	if (built.modules[0]->error)
		fail_msg("%s", built.modules[0]->error);
	told = get(built.modules[0]->build_dir, "told");
	module_list_release(&built);
	return told;
}

static void put_sources(const char *folder, int version)
{
	_cleanup_free_ char *dir = path_join(sample_work, folder, NULL);
	_cleanup_free_ char *text = xasprintf("%sint v = %d;\n", SAMPLE_MODULE("mod", ""), version);

	put(dir, "mod.c", text);
	put(dir, "Kbuild", kbuild);
}

/* Runs the compiler, and records the arguments. */
static void put_wrapper(const char *comment)
{
	_cleanup_free_ char *text = xasprintf(
		"#!/bin/sh\n# %s\necho \"$@\" >> '%s/asked'\nexec \"$@\"\n", comment, sample_work);

	put_mode(sample_work, "wrapper", text, 0755);
	free(settings.compiler_wrapper);
	settings.compiler_wrapper = path_join(sample_work, "wrapper", NULL);
}

static size_t times_asked(void)
{
	_cleanup_free_ char *text = get(sample_work, "asked");
	size_t n = 0;

	for (const char *p = text; p && (p = strstr(p, "/dev/null")); p++)
		n++;
	return n;
}

static void assert_told(const char *folder, const char *expected)
{
	_cleanup_free_ char *told = build_folder(folder);

	if (!told || strncmp(told, expected, strlen(expected)) != 0)
		fail_msg("expected '%s', got '%s'", expected, told ? told : "(nothing)");
	assert_lacks(told, "probes.mk");
}

/* A probe that fails is run twice. */
static void remembered(void **state)
{
	(void)state;
	put_wrapper("one");
	put_sources("one", 1);
	assert_told("one", "-DG=\"g\" -DB gone ");
	assert_int_equal(times_asked(), 3);
	put_sources("one", 2);
	put(sample_work, "one/there", ""); /* the one that must be run each time */
	assert_told("one", "-DG=\"g\" -DB there ");
	assert_int_equal(times_asked(), 3);
	put_sources("two", 1);
	assert_told("two", "-DG=\"g\" -DB gone ");
	assert_int_equal(times_asked(), 3);
}

static void asked_again(void **state)
{
	(void)state;
	put_wrapper("one");
	put_sources("one", 1);
	assert_told("one", "-DG=\"g\" -DB gone ");
	put_wrapper("another");
	assert_told("one", "-DG=\"g\" -DB gone ");
	assert_int_equal(times_asked(), 6);
	setenv("CPATH", "/elsewhere", 1);
	put_sources("one", 2);
	assert_told("one", "-DG=\"g\" -DB gone ");
	unsetenv("CPATH");
	assert_int_equal(times_asked(), 9);
}

/* Parentheses and backslashes, as in kbuild's as-instr, are no reason to ask again. */
static void special_to_make(void **state)
{
	static const char text[] =
		"try-run = $(shell TMP=$(M)/.tmp; if ($(1)) >/dev/null 2>&1; "
		"then echo \"$(2)\"; else echo \"$(3)\"; fi)\n"
		"a := $(call try-run,printf \"%b\\n\" \"int f(void) { return (1); }\" | "
		"$(CC) -I/dev/null -S -x c -o \"$$TMP\" -,yes,no)\n"
		"$(shell echo '$(a)' > $(M)/told)\nobj-m := mod.o\n";

	(void)state;
	put_wrapper("one");
	for (int i = 1; i <= 2; i++) {
		put_sources("one", i);
		put(sample_work, "one/Kbuild", text);
		assert_told("one", "yes");
		assert_int_equal(times_asked(), 1);
	}
}

/* What a makefile writes to `asked` itself does not become part of the makefile for others. */
static void forged(void **state)
{
	_cleanup_free_ char *text = xasprintf("%s$(file >>$(outpost-asked),"
					      "echo~s'$$(shell touch %s/forged)' y)\n"
					      "$(file >>$(outpost-asked),echo~sa:=b y)\n",
					      kbuild, sample_work);

	(void)state;
	put_wrapper("one");
	put_sources("one", 1);
	put(sample_work, "one/Kbuild", text);
	assert_told("one", "-DG=\"g\" -DB gone ");
	put_sources("two", 1);
	assert_told("two", "-DG=\"g\" -DB gone ");
	assert_int_equal(times_asked(), 3);
	assert_false(fs_exists("forged"));
}

/* The build may have failed because of the tools' answers. */
static void not_of_a_build_that_failed(void **state)
{
	char *const paths[] = { (char *)"one", NULL };
	struct build_request request = {
		.tree = &sample_tree, .paths = paths, .jobs = 1, .settings = &settings
	};
	struct module_list built = { 0 };

	(void)state;
	put_wrapper("one");
	put_sources("one", 1);
	put(sample_work, "one/mod.c", "#error no\n");
	assert_int_equal(build(&request, &built), 0);
	assert_non_null(built.modules[0]->error);
	module_list_release(&built);
	put_sources("one", 2);
	assert_told("one", "-DG=\"g\" -DB gone ");
	assert_int_equal(times_asked(), 6);
}

/* Killed for lack of memory, for example: this must not count as a missing feature. */
static void failed_once(void **state)
{
	_cleanup_free_ char *text = xasprintf(
		"#!/bin/sh\nmkdir '%s/failed' 2>/dev/null && exit 1\nexec \"$@\"\n", sample_work);

	(void)state;
	put_wrapper("one");
	put_mode(sample_work, "wrapper", text, 0755);
	put_sources("one", 1);
	assert_told("one", "-DG=\"g\" -DB gone ");
	put_sources("one", 2);
	assert_told("one", "-DG=\"g\" -DB gone ");
}

/* The tools were replaced while make ran: answers of the old ones are not kept for the new ones. */
static void exchanged_meanwhile(void **state)
{
	_cleanup_free_ char *text = xasprintf("#!/bin/sh\necho \"$@\" >> '%s/asked'\n"
					      "test -e '%s/new' && mv '%s/new' '%s/wrapper'\n"
					      "exec \"$@\"\n",
					      sample_work, sample_work, sample_work, sample_work);

	(void)state;
	put_wrapper("another one");
	assert_int_equal(rename("wrapper", "new"), 0);
	put_mode(sample_work, "wrapper", text, 0755);
	put_sources("one", 1);
	assert_told("one", "-DG=\"g\" -DB gone ");
	assert_int_equal(times_asked(), 3);
	put_sources("one", 2);
	assert_told("one", "-DG=\"g\" -DB gone ");
	assert_int_equal(times_asked(), 6);
}

/* A makefile whose rules remake all files, including those that make read before it. */
static void not_remade(void **state)
{
	_cleanup_free_ char *rules = xasprintf(
		"%%: FORCE\n\t@echo $@ >> %s/remade\nFORCE:\nobj-m := mod.o\n", sample_work);
	_cleanup_free_ char *told = NULL, *remade = NULL;

	(void)state;
	put_wrapper("one");
	put_sources("one", 1);
	put(sample_work, "one/Kbuild", rules);
	told = build_folder("one");
	remade = get(sample_work, "remade");
	assert_contains(remade, "Kbuild");
	assert_lacks(remade, "probes");
}

static int end(void **state)
{
	free(settings.compiler_wrapper);
	return sample_end(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pure),
		cmocka_unit_test(impure),
		cmocka_unit_test(named),
		cmocka_unit_test_setup(remembered, sample_clear),
		cmocka_unit_test_setup(asked_again, sample_clear),
		cmocka_unit_test_setup(special_to_make, sample_clear),
		cmocka_unit_test_setup(forged, sample_clear),
		cmocka_unit_test_setup(failed_once, sample_clear),
		cmocka_unit_test_setup(exchanged_meanwhile, sample_clear),
		cmocka_unit_test_setup(not_remade, sample_clear),
		cmocka_unit_test_setup(not_of_a_build_that_failed, sample_clear),
	};

	return cmocka_run_group_tests(tests, sample_start, end);
}
