// SPDX-License-Identifier: GPL-2.0-only
#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "host/base/config_file.h"
#include "host/base/paths.h"
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OTHER 64999 /* owns nothing */

static char top[] = "/tmp/outpost-test-XXXXXX";

static char *in_top(const char *name)
{
	return path_join(top, name, NULL);
}

static int make_top(void **state)
{
	_cleanup_free_ char *home = NULL, *deep = NULL;

	(void)state;
	log_set_level(LOG_LEVEL_NONE);
	if (!mkdtemp(top))
		return -1;
	home = in_top("home");
	setenv("HOME", home, 1);
	deep = in_top("home/a/b/c");
	return fs_mkdir_p(deep, 0755) < 0 ? -1 : chdir(deep);
}

static int remove_top(void **state)
{
	(void)state;
	return chdir("/") < 0 ? -1 : fs_remove_tree(top);
}

static void put(const char *name)
{
	_cleanup_free_ char *path = in_top(name);

	assert_int_equal(fs_write_atomic(path, name, strlen(name), 0644), 0);
}

static void drop(const char *name)
{
	_cleanup_free_ char *path = in_top(name);

	assert_int_equal(fs_remove_tree(path), 0);
}

/* Finds this file from home/a/b/c; NULL: none. */
static void expect_found(const char *name)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	_cleanup_free_ char *path = NULL, *wanted = name ? in_top(name) : NULL;

	assert_int_equal(config_file_find(&path, &text), 0);
	if (!name) {
		assert_null(path);
		return;
	}
	assert_non_null(path);
	assert_string_equal(path, wanted);
	assert_string_equal(text.buf, name);
}

static void nearest(void **state)
{
	_cleanup_free_ char *near = in_top("home/a/b/outpost.conf"), *git = in_top("home/a/b/.git");

	(void)state;
	expect_found(NULL);
	put("outpost.conf"); /* above the home folder */
	expect_found(NULL);
	put("home/outpost.conf");
	expect_found("home/outpost.conf");
	assert_int_equal(mkdir(git, 0755), 0);
	expect_found(NULL);
	put("home/a/b/outpost.conf");
	expect_found("home/a/b/outpost.conf");
	drop("home/a/b/.git");
	assert_int_equal(chmod(near, 0622), 0);
	expect_found("home/outpost.conf"); /* the one that others can write to hides nothing */
	assert_int_equal(chmod(near, 0600), 0);
	expect_found("home/a/b/outpost.conf");
	drop("home/a/b/outpost.conf");
	drop("home/outpost.conf");
}

static void expect_read(const char *path, int wanted)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;

	assert_int_equal(config_file_read(path, &text), wanted);
}

static void links(void **state)
{
	_cleanup_free_ char *link = in_top("link"), *file = in_top("file"), *dir = in_top("home");

	(void)state;
	expect_read(link, -ENOENT);
	put("file");
	assert_int_equal(symlink("file", link), 0); /* relative to the link */
	expect_read(link, 0);
	assert_int_equal(chmod(file, 0666), 0);
	expect_read(link, -EPERM);
	expect_read(dir, -EISDIR);
	expect_read("/dev/null", -EPERM);
	assert_int_equal(unlink(file), 0);
	expect_read(link, -EINVAL); /* not as if it were absent */
	if (getuid() != 0)
		skip();
	put("file");
	expect_read(link, 0);
	assert_int_equal(lchown(link, OTHER, OTHER), 0);
	expect_read(link, -EPERM);
	assert_int_equal(chown(file, OTHER, OTHER), 0);
	expect_read(file, -EPERM);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(mkfifo(file, 0600), 0);
	expect_read(file, -ENOTREGULAR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nearest),
		cmocka_unit_test(links),
	};

	return cmocka_run_group_tests(tests, make_top, remove_top);
}
