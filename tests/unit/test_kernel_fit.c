// SPDX-License-Identifier: GPL-2.0-only
/* Is a tree unchanged, does it match the board, and how long is it kept? */
#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/strv.h"
#include "host/kernel/fit.h"
#include "host/kernel/internal.h"
#include "host/base/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static char top[] = "/tmp/outpost-test-XXXXXX";
static char *tree;

static void put(const char *name, const char *text, mode_t mode)
{
	_cleanup_free_ char *path = path_join(tree, name, NULL), *folder = xstrdup(path);

	*strrchr(folder, '/') = '\0';
	assert_int_equal(fs_mkdir_p(folder, 0755), 0);
	assert_int_equal(fs_write_atomic(path, text, strlen(text), mode), 0);
}

static void put_link(const char *name, const char *target)
{
	_cleanup_free_ char *path = path_join(tree, name, NULL);

	unlink(path);
	assert_int_equal(symlink(target, path), 0);
}

static int setup(void **state)
{
	(void)state;
	fs_remove_tree(tree);
	put("usr/src/a/Makefile", "all:\n", 0644);
	put("usr/src/a/fixdep", "a program", 0755);
	put("usr/src/a b/c", "", 0644);
	put_link("usr/src/a/scripts", "../b");
	return 0;
}

static void drop(const char *name)
{
	_cleanup_free_ char *path = path_join(tree, name, NULL);

	assert_int_equal(remove(path), 0);
}

static void change_text(void)
{
	put("usr/src/a/Makefile", "All:\n", 0644);
}

static void change_mode(void)
{
	put("usr/src/a/fixdep", "a program", 0644);
}

static void change_link(void)
{
	put_link("usr/src/a/scripts", "../c");
}

static void add_file(void)
{
	put("usr/src/a/Makefile.local", "", 0644);
}

static void drop_file(void)
{
	drop("usr/src/a/fixdep");
}

static void drop_last(void)
{
	drop("usr/src/a/scripts");
}

static void drop_list(void)
{
	drop("contents");
}

static void content(void **state)
{
	static const struct {
		void (*change)(void);
		const char *why;
	} cases[] = {
		{ change_text, "usr/src/a/Makefile has changed" },
		{ change_mode, "usr/src/a/fixdep has changed" },
		{ change_link, "usr/src/a/scripts has changed" },
		{ add_file, "usr/src/a/Makefile.local did not exist when it was made" },
		{ drop_file, "usr/src/a/fixdep is missing" },
		{ drop_last, "usr/src/a/scripts is missing" },
		{ drop_list, "the list of its files (contents) is missing or damaged" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(strbuf_release) struct strbuf why = STRBUF_INIT;
		_cleanup_free_ char *digest = NULL;

		setup(state);
		assert_int_equal(kernel_content_record(tree, &digest), 0);
		assert_int_equal(strncmp(digest, "4 ", 2), 0);
		put("manifest.ini", "it is not part of the content", 0644);
		assert_int_equal(kernel_content_check(tree, digest, &why), 0);
		cases[i].change();
		assert_int_equal(kernel_content_check(tree, digest, &why), -EUCLEAN);
		assert_string_equal(why.buf, cases[i].why);
	}
}

static void configurations(void **state)
{
	static const struct {
		const char *a, *b, *names;
		size_t n;
	} cases[] = {
		{ "CONFIG_A=y\n# CONFIG_B is not set\nCONFIG_C=m\n", "CONFIG_C=m\n\nCONFIG_A=y", "",
		  0 },
		{ "CONFIG_A=y\n", "CONFIG_A=m\n", "CONFIG_A", 1 },
		{ "CONFIG_A=y\nCONFIG_C=1\n", "CONFIG_B=y\nCONFIG_C=1\n", "CONFIG_A, CONFIG_B", 2 },
		{ "", "CONFIG_A=y\nCONFIG_B=y\nCONFIG_C=y\nCONFIG_D=y\n",
		  "CONFIG_A, CONFIG_B, CONFIG_C", 4 },
		{ "CONFIG_A=y\n", "CONFIG_AB=y\n", "CONFIG_A, CONFIG_AB", 2 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(strbuf_release) struct strbuf names = STRBUF_INIT;
		size_t n = kernel_config_differences(cases[i].a, cases[i].b, &names);

		if (n != cases[i].n || strcmp(names.buf, cases[i].names) != 0)
			fail_msg("case %zu: %zu, '%s'", i, n, names.buf);
	}
}

static void pages(void **state)
{
	static const struct {
		const char *config;
		unsigned int size;
	} cases[] = {
		{ "CONFIG_ARM64_4K_PAGES=y\n# CONFIG_ARM64_16K_PAGES is not set\n", 4096 },
		{ "# CONFIG_ARM64_4K_PAGES is not set\nCONFIG_ARM64_16K_PAGES=y\n", 16384 },
		{ "CONFIG_ARM64_64K_PAGES=y\n", 65536 },
		{ "CONFIG_X86_64=y\n", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		put(".config", cases[i].config, 0644);
		assert_int_equal(kernel_page_size(tree), cases[i].size);
	}
}

static void put_tree(const char *release, const char *source, int days)
{
	_cleanup_free_ char *root = kernel_root(release),
			    *path = path_join(root, "manifest.ini", NULL);
	struct kernel_manifest m = { .release = (char *)release,
				     .source = (char *)source,
				     .build = (char *)"b",
				     .compiler = (char *)"gcc" };
	const struct timespec then = { .tv_sec = time(NULL) - days * 24 * 3600L };

	assert_int_equal(fs_mkdir_p(root, 0755), 0);
	assert_int_equal(kernel_manifest_write(root, &m), 0);
	assert_int_equal(utimensat(AT_FDCWD, path, (struct timespec[]){ then, then }, 0), 0);
}

static void expect_trees(const char *expected)
{
	_cleanup_(strbuf_release) struct strbuf names = STRBUF_INIT;
	_cleanup_strv_ char **releases = NULL;

	assert_int_equal(kernel_list(&releases), 0);
	strv_foreach (release, releases)
		strbuf_addf(&names, "%s ", *release);
	assert_string_equal(names.buf, expected);
}

static void unused_trees_go(void **state)
{
	_cleanup_free_ char *used = kernel_root("6.1.0-3");

	(void)state;
	put_tree("6.1.0-1", "debian", 91);
	put_tree("6.1.0-2", "debian", 89);
	put_tree("6.1.0-3", "board", 400);
	put_tree("6.1.0-4", "path", 400);
	kernel_mark_used(used);
	kernel_expire(NULL);
	expect_trees("6.1.0-2 6.1.0-3 6.1.0-4 ");
	assert_int_equal(setenv("OUTPOST_KERNEL_KEEP", "30", 1), 0);
	kernel_expire(NULL);
	expect_trees("6.1.0-3 6.1.0-4 ");
}

static int start(void **state)
{
	(void)state;
	if (!mkdtemp(top) || setenv("XDG_CACHE_HOME", top, 1) < 0 ||
	    setenv("XDG_CONFIG_HOME", top, 1) < 0 || chdir(top) < 0)
		return -1;
	tree = path_join(top, "tree", NULL);
	return 0;
}

static int end(void **state)
{
	(void)state;
	free(tree);
	return fs_remove_tree(top);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(content, setup),
		cmocka_unit_test(configurations),
		cmocka_unit_test_setup(pages, setup),
		cmocka_unit_test(unused_trees_go),
	};

	return cmocka_run_group_tests(tests, start, end);
}
