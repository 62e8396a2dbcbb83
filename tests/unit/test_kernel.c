// SPDX-License-Identifier: GPL-2.0-only
/* Kernel trees: made in a temporary cache, whole and damaged in every way. */
#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/strv.h"
#include "host/base/cross.h"
#include "host/board/board.h"
#include "host/kernel/internal.h"
#include "host/base/paths.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define RELEASE  "6.12.1+test-arm64"
#define COMPILER "gcc-12 (Debian 12.2.0-14+deb12u1) 12.2.0"

static char top[] = "/tmp/outpost-test-XXXXXX";
static char *bin; /* holds a test's compilers; the system's programs follow in PATH */
static char *build;
static const struct kernel_place here;

static void put(const char *dir, const char *name, const char *text, mode_t mode)
{
	_cleanup_free_ char *path = path_join(dir, name, NULL), *folder = xstrdup(path);

	*strrchr(folder, '/') = '\0';
	assert_int_equal(fs_mkdir_p(folder, 0755), 0);
	assert_int_equal(fs_write_atomic(path, text, strlen(text), mode), 0);
}

static void put_config(const char *dir)
{
	put(dir, ".config",
	    "CONFIG_CC_VERSION_TEXT=\"" COMPILER "\"\nCONFIG_ARM64=y\n# CONFIG_X is not set\n"
	    "CONFIG_MODULES=y\n",
	    0644);
}

static void put_build(const char *dir)
{
	put_config(dir);
	put(dir, "include/generated/utsrelease.h", "#define UTS_RELEASE \"" RELEASE "\"\n", 0644);
	put(dir, "Module.symvers",
	    "0x28f6f105\tinit_uts_ns\tvmlinux\tEXPORT_SYMBOL_GPL\t\n"
	    "0xf7370f56\tsystem_state\tvmlinux\tEXPORT_SYMBOL\t\n",
	    0644);
	put(dir, "scripts/basic/fixdep", "#!/bin/sh\necho Usage: fixdep >&2\nexit 1\n", 0755);
	put(dir, "scripts/mod/modpost", "#!/bin/sh\nexit 0\n", 0755);
}

static void put_compiler(const char *name, const char *version)
{
	_cleanup_free_ char *file = xasprintf("%s%s", CROSS_PREFIX, name);
	_cleanup_free_ char *script = xasprintf("#!/bin/sh\necho %s\n", version);

	put(bin, file, script, 0755);
}

/* A Debian-like tree in the cache. */
static int setup(void **state)
{
	_cleanup_free_ char *root = kernel_root(RELEASE);
	_cleanup_(kernel_manifest_release) struct kernel_manifest m = { 0 };

	(void)state;
	fs_remove_tree(root);
	fs_remove_tree(bin);
	put_compiler("gcc-12", "12");
	put_build(build);
	m.release = xstrdup(RELEASE);
	m.source = xstrdup("debian");
	m.build = xstrdup("usr/src/b");
	m.compiler = xstrdup(COMPILER);
	assert_int_equal(kernel_symvers_digest(build, &m.symvers), 0);
	assert_int_equal(kernel_manifest_write(root, &m), 0);
	return 0;
}

static void found(void **state)
{
	_cleanup_(kernel_tree_freep) struct kernel_tree *tree = NULL;
	_cleanup_free_ char *compiler = xasprintf("%sgcc-12", CROSS_PREFIX);

	(void)state;
	assert_int_equal(kernel_find(NULL, NULL, RELEASE, &tree), 0);
	assert_string_equal(tree->release, RELEASE);
	assert_string_equal(tree->build, build);
	assert_string_equal(tree->source, "debian");
	assert_string_equal(tree->compiler, compiler);
	assert_string_equal(tree->cross_prefix, CROSS_PREFIX);
}

static void not_found(void **state)
{
	static const char *const releases[] = { "6.1.0-1-arm64", "",    "..",         "../x",
						".lock",         "a b", "6.1.0@",     "6.1.0@a/b",
						"6.1.0@../x",    "@pi", RELEASE "@pi" };
	struct kernel_tree *tree = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(releases); i++)
		assert_int_equal(kernel_find(NULL, NULL, releases[i], &tree), KERNEL_NONE);
	assert_null(tree);
}

static void damaged(void **state)
{
	_cleanup_free_ char *root = kernel_root(RELEASE);
	const struct {
		const char *dir, *name, *text;
	} cases[] = {
		{ root, "manifest.ini", "" },
		{ root, "manifest.ini", "[tree]\nrelease = " RELEASE "\n" },
		{ root, "manifest.ini", "nothing of an ini" },
		{ root, "manifest.ini",
		  "[tree]\nrelease = other\nsource = path\nbuild = usr/src/b\ncompiler = gcc\n" },
		/* one digit changed, so that the size is the same */
		{ build, "Module.symvers",
		  "0x28f6f105\tinit_uts_ns\tvmlinux\tEXPORT_SYMBOL_GPL\t\n"
		  "0xf7370f57\tsystem_state\tvmlinux\tEXPORT_SYMBOL\t\n" },
		{ build, "Module.symvers", "" },
		{ build, "include/generated/utsrelease.h",
		  "#define UTS_RELEASE \"6.12.1+other\"\n" },
		{ build, "include/generated/utsrelease.h", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct kernel_tree *tree = NULL;

		setup(state);
		put(cases[i].dir, cases[i].name, cases[i].text, 0644);
		if (kernel_find(NULL, NULL, RELEASE, &tree) != -EUCLEAN)
			fail_msg("case %zu (%s: '%s') is not detected as damage", i, cases[i].name,
				 cases[i].text);
	}
}

/* What a board sent is for that board alone, even if it could choose the name of a release. */
static void of_a_board(void **state)
{
	static const struct board pi = { .name = (char *)"pi" },
				  odd = { .name = (char *)"a@[::1]" };
	_cleanup_free_ char *common = kernel_root(RELEASE), *own = kernel_root(RELEASE "@pi"),
			    *odd_name = kernel_name(&odd, RELEASE);
	_cleanup_(kernel_tree_freep) struct kernel_tree *tree = NULL, *signed_one = NULL;
	struct kernel_tree *none = NULL;

	(void)state;
	assert_int_equal(strncmp(odd_name, RELEASE "@_", strlen(RELEASE "@_")), 0);
	assert_true(kernel_name_is_valid(odd_name));
	assert_int_equal(rename(common, own), 0);
	assert_int_equal(kernel_read(NULL, RELEASE "@pi", &none), -EUCLEAN); /* no board in it */
	put(own, "manifest.ini",
	    "[tree]\nrelease = " RELEASE "\nboard = pi\nsource = board\nbuild = usr/src/b\n"
	    "compiler = " COMPILER "\n",
	    0644);
	assert_int_equal(kernel_find(NULL, NULL, RELEASE, &none), KERNEL_NONE);
	assert_int_equal(kernel_find(NULL, &odd, RELEASE, &none), KERNEL_NONE);
	assert_int_equal(kernel_look(NULL, &pi, RELEASE, &tree), KERNEL_FOUND);
	assert_string_equal(tree->name, RELEASE "@pi");
	assert_string_equal(tree->release, RELEASE);
	assert_string_equal(tree->board, "pi");
	assert_int_equal(rename(own, common), 0); /* by hand */
	assert_int_equal(kernel_find(NULL, NULL, RELEASE, &none), -EUCLEAN);
	setup(state); /* a signed package comes first */
	assert_int_equal(kernel_look(NULL, &pi, RELEASE, &signed_one), KERNEL_FOUND);
	assert_string_equal(signed_one->name, RELEASE);
	/* As older versions made it. */
	put(common, "manifest.ini",
	    "[tree]\nrelease = " RELEASE "\nsource = board\nbuild = usr/src/b\ncompiler = gcc\n",
	    0644);
	assert_int_equal(kernel_find(NULL, NULL, RELEASE, &none), -EUCLEAN);
}

static void damaged_then_removed(void **state)
{
	_cleanup_free_ char *root = kernel_root(RELEASE),
			    *manifest = path_join(root, "manifest.ini", NULL);
	_cleanup_strv_ char **releases = NULL, **after = NULL;
	struct kernel_tree *tree = NULL;

	(void)state;
	assert_int_equal(remove(manifest), 0);
	assert_int_equal(kernel_find(NULL, NULL, RELEASE, &tree), -EUCLEAN);
	assert_int_equal(kernel_list(&releases), 0);
	assert_true(strv_contains(releases, RELEASE));
	assert_int_equal(kernel_remove(RELEASE), 0);
	assert_int_equal(kernel_remove(RELEASE), KERNEL_NONE);
	assert_int_equal(kernel_find(NULL, NULL, RELEASE, &tree), KERNEL_NONE);
	assert_int_equal(kernel_list(&after), 0);
	assert_int_equal(strv_length(after), 0);
}

static void manifest_round_trip(void **state)
{
	_cleanup_free_ char *root = kernel_root(RELEASE);
	_cleanup_(kernel_manifest_release) struct kernel_manifest m = { 0 };

	(void)state;
	assert_int_equal(kernel_manifest_read(root, &m), 0);
	assert_string_equal(m.release, RELEASE);
	assert_string_equal(m.build, "usr/src/b");
	assert_string_equal(m.compiler, COMPILER);
	assert_int_equal(strncmp(m.symvers, "97 ", 3), 0);
	assert_int_equal(kernel_manifest_read(top, &m), -ENOENT);
}

static void verified(void **state)
{
	static const struct {
		const char *name, *text;
		mode_t mode;
	} cases[] = {
		{ "include/generated/utsrelease.h", "#define UTS_RELEASE \"6.12.2+test-arm64\"\n",
		  0644 },
		{ ".config", "CONFIG_ARM64=y\n# CONFIG_MODULES is not set\n", 0644 },
		{ ".config", "CONFIG_X86=y\nCONFIG_MODULES=y\n", 0644 },
		{ "Module.symvers", "", 0644 },
		{ "Module.symvers", "0x28f6f105\tinit_uts_ns\tvmlinux\tEXPORT_SYMBOL_GPL\t\n0xf737",
		  0644 },
		{ "Module.symvers", "<html>not found</html>\n", 0644 },
		{ "scripts/basic/fixdep", "\177ELF", 0755 },
		{ "scripts/basic/fixdep", "#!/bin/sh\nexit 1\n", 0755 },
		{ "scripts/mod/modpost", "#!/bin/sh\necho GLIBC_2.38 not found >&2\nexit 1\n",
		  0755 },
		{ "scripts/mod/modpost.real-lsb-64", "#!/bin/sh\nexit 1\n", 0755 },
		{ "scripts/mod/modpost", "#!/bin/sh\n", 0644 },
		{ "scripts/mod/modpost", "#!/nonexistent\n", 0755 },
	};

	assert_int_equal(kernel_verify(&here, build, RELEASE), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		setup(state);
		put(build, cases[i].name, cases[i].text, cases[i].mode);
		if (kernel_verify(&here, build, RELEASE) >= 0)
			fail_msg("case %zu (%s) passes", i, cases[i].name);
	}
}

/* A user's tree is referenced, may be rebuilt, and is not removed with the reference. */
static void own_tree(void **state)
{
	_cleanup_free_ char *own = path_join(top, "own", NULL),
			    *symvers = path_join(own, "Module.symvers", NULL);
	_cleanup_(kernel_tree_freep) struct kernel_tree *tree = NULL, *again = NULL;

	(void)state;
	put_build(own);
	assert_int_equal(kernel_add_path(NULL, own, &tree),
			 -EEXIST); /* the one from setup() exists */
	assert_int_equal(kernel_remove(RELEASE), 0);
	assert_int_equal(kernel_add_path(NULL, own, &tree), 0);
	assert_string_equal(tree->build, own);
	assert_string_equal(tree->source, "path");
	put(own, "Module.symvers", "0x28f6f106\tinit_uts_ns\tvmlinux\tEXPORT_SYMBOL_GPL\t\n", 0644);
	assert_int_equal(kernel_find(NULL, NULL, RELEASE, &again), 0);
	assert_int_equal(kernel_remove(RELEASE), 0);
	assert_true(fs_exists(symvers));
	assert_int_equal(remove(symvers), 0);
	assert_true(kernel_add_path(NULL, own, &tree) < 0);
	assert_true(kernel_add_path(NULL, top, &tree) < 0);
	assert_true(kernel_add_path(NULL, "/nonexistent", &tree) < 0);
}

static void compiler_major(void **state)
{
	static const struct {
		const char *text;
		int major;
	} cases[] = {
		{ "gcc-12 (Debian 12.2.0-14+deb12u1) 12.2.0", 12 },
		{ "aarch64-linux-gnu-gcc-14 (Debian 14.2.0-19) 14.2.0", 14 },
		{ "aarch64-none-linux-gnu-gcc (GNU Toolchain 9 (arm-10.29)) 10.3.1 20210621", 10 },
		{ "gcc (GCC) 13.2.1 20230801", 13 },
		{ "gcc 13.1", 13 },
		{ "Debian clang version 14.0.6", -EINVAL },
		{ "gcc (Debian)", -EINVAL },
		{ "gcc-12", -EINVAL },
		{ "", -EINVAL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (kernel_compiler_major(cases[i].text) != cases[i].major)
			fail_msg("'%s' gives %d", cases[i].text,
				 kernel_compiler_major(cases[i].text));
}

static void choose(int expected, const char *expected_name)
{
	_cleanup_free_ char *name = NULL, *full = xasprintf("%s%s", CROSS_PREFIX, expected_name);
	bool in_container = true;

	assert_int_equal(kernel_compiler_choose(&here, COMPILER, &name, &in_container), expected);
	assert_false(in_container); /* there is no container */
	assert_string_equal(name, full);
}

static void compiler_choice(void **state)
{
	struct kernel_tree *tree = NULL;

	(void)state;
	put_compiler("gcc", "12");
	choose(0, "gcc-12");
	fs_remove_tree(bin);
	choose(-ENOPKG, "gcc-12");
	assert_int_equal(kernel_find(NULL, NULL, RELEASE, &tree), -ENOPKG);
	put_compiler("gcc", "13");
	choose(-ENOPKG, "gcc-12");
	put_compiler("gcc", "12");
	choose(0, "gcc");
}

static void makefile(void **state)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{ "include /usr/src/linux-headers-6.1.0-53-common/Makefile\n",
		  "include $(dir $(lastword "
		  "$(MAKEFILE_LIST)))../../../usr/src/linux-headers-6.1.0-53-common/Makefile\n" },
		{ "# a\ninclude other.mk\n\nx = /usr/src/y",
		  "# a\ninclude other.mk\n\nx = /usr/src/y" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(strbuf_release) struct strbuf out = STRBUF_INIT;
		const char *lines;

		kernel_mend_makefile(cases[i].text, "usr/src/a", &out);
		assert_int_equal(strncmp(out.buf, "ifeq ", 5), 0);
		lines = strstr(out.buf, "\nendif\n");
		assert_non_null(lines);
		assert_string_equal(lines + strlen("\nendif\n"), cases[i].expected);
	}
}

static void links(void **state)
{
	static const struct {
		const char *folder, *target, *expected;
	} cases[] = {
		{ "lib/modules/6.1", "/usr/src/a", "../../../usr/src/a" },
		{ "usr", "/lib", "../lib" },
		{ "", "/lib", "lib" },
		{ "usr/src/", "//x", "../../x" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *link =
			kernel_mend_relative_link(cases[i].folder, cases[i].target);

		assert_string_equal(link, cases[i].expected);
	}
}

static int start(void **state)
{
	_cleanup_free_ char *root = NULL;

	(void)state;
	if (!mkdtemp(top) || setenv("XDG_CACHE_HOME", top, 1) < 0)
		return -1;
	bin = path_join(top, "bin", NULL);
	root = kernel_root(RELEASE);
	build = path_join(root, "usr/src/b", NULL);
	return setenv("PATH", bin, 1);
}

static int end(void **state)
{
	(void)state;
	free(bin);
	free(build);
	return fs_remove_tree(top);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(found, setup),
		cmocka_unit_test_setup(not_found, setup),
		cmocka_unit_test_setup(damaged, setup),
		cmocka_unit_test_setup(of_a_board, setup),
		cmocka_unit_test_setup(damaged_then_removed, setup),
		cmocka_unit_test_setup(manifest_round_trip, setup),
		cmocka_unit_test_setup(verified, setup),
		cmocka_unit_test_setup(own_tree, setup),
		cmocka_unit_test(compiler_major),
		cmocka_unit_test_setup(compiler_choice, setup),
		cmocka_unit_test(makefile),
		cmocka_unit_test(links),
	};

	return cmocka_run_group_tests(tests, start, end);
}
