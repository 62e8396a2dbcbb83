// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include "common/cleanup.h"
#include "common/fs.h"
#include "host/cmd/file_watch.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char dir[] = "/tmp/outpost-saves-XXXXXX";
static char template[sizeof(dir)];

static int make_dir(void **state)
{
	(void)state;
	memcpy(dir, template, sizeof(dir));
	return mkdtemp(dir) && chdir(dir) == 0 && mkdir("mod", 0700) == 0 &&
			       mkdir("mod/sub", 0700) == 0
		       ? 0
		       : -1;
}

static int remove_dir(void **state)
{
	(void)state;
	return chdir("/") == 0 ? fs_remove_tree(dir) : -1;
}

static void put(const char *name)
{
	_cleanup_fclose_ FILE *f = fopen(name, "we");

	assert_non_null(f);
	fputs("text", f);
}

static struct file_watch *open_saves(const char *path)
{
	char *const paths[] = { (char *)path, NULL };
	struct file_watch *s = NULL;

	assert_int_equal(file_watch_open(paths, &s), 0);
	return s;
}

/*
 * All events are available at once: inotify queues them before the system call that causes
 * them returns.
 */
static int take(struct file_watch *s)
{
	struct pollfd fd = { .fd = file_watch_fd(s), .events = POLLIN };

	return poll(&fd, 1, 0) > 0 ? file_watch_take(s) : 0;
}

static void names(void **state)
{
	(void)state;
	assert_true(file_watch_counts("hello.c"));
	assert_true(file_watch_counts("Kbuild"));
	assert_true(file_watch_counts("test.conf"));
	assert_true(file_watch_counts("blob.o_shipped"));
	assert_true(file_watch_counts("8250.c"));
	assert_false(file_watch_counts(".hello.c.swp"));
	assert_false(file_watch_counts("hello.c~"));
	assert_false(file_watch_counts("#hello.c#"));
	assert_false(file_watch_counts(".#hello.c"));
	assert_false(file_watch_counts("4913"));
	assert_false(file_watch_counts("hello.ko"));
	assert_false(file_watch_counts(".git"));
}

static void written_and_renamed(void **state)
{
	struct file_watch *s = open_saves("mod");

	(void)state;
	assert_int_equal(take(s), 0);
	put("mod/a.c");
	assert_int_equal(take(s), 1);
	assert_int_equal(take(s), 0);
	put("mod/.a.c.swp");
	put("mod/4913");
	assert_int_equal(take(s), 0);
	put("mod/a.c.new~");
	assert_int_equal(rename("mod/a.c.new~", "mod/a.c"), 0);
	assert_int_equal(take(s), 1);
	assert_int_equal(unlink("mod/a.c"), 0);
	assert_int_equal(take(s), 1);
	put("mod/sub/b.h");
	assert_int_equal(take(s), 1);
	file_watch_close(s);
}

static void a_burst_is_one(void **state)
{
	struct file_watch *s = open_saves("mod");
	char name[32];

	(void)state;
	for (int i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "mod/f%d.c", i);
		put(name);
	}
	assert_int_equal(take(s), 1);
	assert_int_equal(take(s), 0);
	file_watch_close(s);
}

/* A file that is open for writing is not saved yet. */
static void half_written(void **state)
{
	struct file_watch *s = open_saves("mod");
	FILE *f = fopen("mod/a.c", "we");

	(void)state;
	fputs("half", f);
	fflush(f);
	assert_int_equal(take(s), 0);
	fclose(f);
	assert_int_equal(take(s), 1);
	file_watch_close(s);
}

static void new_folders(void **state)
{
	struct file_watch *s = open_saves("mod");

	(void)state;
	assert_int_equal(mkdir("mod/new", 0700), 0);
	assert_int_equal(mkdir("mod/new/deep", 0700), 0);
	assert_int_equal(take(s), 1);
	put("mod/new/deep/c.c");
	assert_int_equal(take(s), 1);
	assert_int_equal(rename("mod/new", "mod/other"), 0);
	assert_int_equal(take(s), 1);
	put("mod/other/deep/d.c");
	assert_int_equal(take(s), 1);
	file_watch_close(s);
}

static void single_file(void **state)
{
	struct file_watch *s;

	(void)state;
	put("mod/a.ko");
	s = open_saves("mod/a.ko");
	put("mod/b.c");
	assert_int_equal(take(s), 0);
	put("mod/a.ko.new");
	assert_int_equal(rename("mod/a.ko.new", "mod/a.ko"), 0);
	assert_int_equal(take(s), 1);
	/* Watching the folder too covers the file. */
	assert_int_equal(file_watch_add(s, "mod/sub"), 0);
	assert_int_equal(file_watch_add(s, "mod/sub"), 0);
	put("mod/sub/b.c");
	assert_int_equal(take(s), 1);
	put("mod/b.c");
	assert_int_equal(take(s), 0);
	file_watch_close(s);
}

static void missing(void **state)
{
	char *const paths[] = { (char *)"mod", (char *)"nowhere", NULL };
	struct file_watch *s = NULL;

	(void)state;
	assert_int_equal(file_watch_open(paths, &s), -ENOENT);
	assert_null(s);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_dir, remove_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(names),        TEST(written_and_renamed), TEST(a_burst_is_one),
		TEST(half_written), TEST(new_folders),         TEST(single_file),
		TEST(missing),
	};

	memcpy(template, dir, sizeof(dir));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
