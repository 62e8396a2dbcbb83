// SPDX-License-Identifier: GPL-2.0-only
#include "common/fs.h"
#include "common/fs_walk.h"
#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/strv.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct timespec then[] = { { 1000, 0 }, { 1234567890, 42 } };

/* Copies the file that `in` is open on to a file, and checks it. */
static void expect_copy(int in, const char *text, mode_t mode)
{
	_cleanup_free_ char *from = xasprintf("/proc/self/fd/%d", in);
	_cleanup_(strbuf_release) struct strbuf copy = STRBUF_INIT;
	char to[] = "/tmp/outpost-test-XXXXXX";
	struct stat st;

	close(mkstemp(to));
	unlink(to);
	assert_int_equal(write(in, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(in, mode), 0);
	assert_int_equal(futimens(in, then), 0);
	assert_int_equal(fs_copy(from, to), 0);
	assert_int_equal(fs_read(to, &copy, 0), 0);
	assert_int_equal(stat(to, &st), 0);
	unlink(to);
	assert_string_equal(copy.buf, text);
	assert_int_equal(st.st_mode & 0777, mode);
	assert_int_equal(st.st_mtim.tv_sec, then[1].tv_sec);
	assert_int_equal(st.st_mtim.tv_nsec, then[1].tv_nsec);
}

static void copy_beside(void **state)
{
	char path[] = "/tmp/outpost-test-XXXXXX";
	_cleanup_close_ int in = mkstemp(path);

	(void)state;
	unlink(path);
	expect_copy(in, "text", 0644);
	assert_int_equal(fs_copy("/none", "/tmp/none"), -ENOENT);
	assert_int_equal(fs_copy("/proc/self/exe", "/none/none"), -ENOENT);
}

/* A memfd is on another file system, of an unusual type. */
static void copy_from_another_file_system(void **state)
{
	_cleanup_close_ int in = memfd_create("test", MFD_CLOEXEC);

	(void)state;
	expect_copy(in, "text from memory", 0755);
}

static void link_is_put(void **state)
{
	char dir[] = "/tmp/outpost-test-XXXXXX";
	_cleanup_free_ char *path = NULL;

	(void)state;
	assert_non_null(mkdtemp(dir));
	path = xasprintf("%s/link", dir);
	assert_false(fs_is_link_to(path, "a"));
	assert_int_equal(fs_put_link(path, "a"), 0);
	assert_true(fs_is_link_to(path, "a"));
	assert_false(fs_is_link_to(path, "ab"));
	assert_int_equal(fs_put_link(path, "ab"), 0);
	assert_true(fs_is_link_to(path, "ab"));
	unlink(path);
	assert_int_equal(fs_write_atomic(path, "text", 4, 0600), 0);
	assert_int_equal(fs_put_link(path, "a"), 0);
	assert_true(fs_is_link_to(path, "a"));
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(fs_put_link(path, "a"), -EISDIR);
	assert_int_equal(fs_remove_tree(dir), 0);
}

static void found_below(void **state)
{
	char dir[] = "/tmp/outpost-test-XXXXXX";
	_cleanup_free_ char *sub = NULL, *out = NULL, *deep = NULL, *link = NULL;
	_cleanup_strv_ char **found = NULL;

	(void)state;
	assert_non_null(mkdtemp(dir));
	sub = xasprintf("%s/b", dir);
	deep = xasprintf("%s/b/x.ko", dir);
	link = xasprintf("%s/c.ko", dir);
	out = xasprintf("%s/a.o", dir);
	assert_int_equal(mkdir(sub, 0700), 0);
	assert_int_equal(fs_write_atomic(deep, "", 0, 0600), 0);
	assert_int_equal(fs_write_atomic(out, "", 0, 0600), 0);
	assert_int_equal(symlink(dir, link), 0); /* not followed: the walk would never end */
	fs_find(dir, "*.ko", &found);
	assert_int_equal(strv_length(found), 2);
	assert_string_equal(found[0], deep);
	assert_string_equal(found[1], link);
	fs_find("/nonexistent", "*", &found);
	assert_int_equal(strv_length(found), 2);
	assert_int_equal(fs_remove_tree(dir), 0);
}

static void within(void **state)
{
	static const struct {
		const char *path, *dir;
		bool within;
	} cases[] = {
		{ "/a/b", "/a/b", true }, { "/a/b/c/d", "/a/b", true }, { "/a/bc", "/a/b", false },
		{ "/a", "/a/b", false },  { "/x/a/b", "/a/b", false },  { "/a", "/", true },
		{ "/", "/", true },       { "/", "/a", false },         { "/a/b-1", "/a/b", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (fs_is_within(cases[i].path, cases[i].dir) != cases[i].within)
			fail_msg("%s within %s: not %d", cases[i].path, cases[i].dir,
				 cases[i].within);
}

struct walked {
	struct strbuf text; /* "KIND LEVEL BELOW NAME" for each */
	const char *skip;
	int r;
};

static int see(const struct fs_entry *entry, void *arg)
{
	struct walked *w = arg;

	strbuf_addf(&w->text, "%d %d %s %s\n", (int)entry->kind, entry->level, entry->below,
		    entry->name);
	if (entry->kind != FS_UNREADABLE)
		assert_int_equal(S_ISDIR(entry->st->st_mode), entry->kind == FS_FOLDER);
	if (w->skip && strcmp(entry->below, w->skip) == 0)
		return w->r;
	return 0;
}

static void expect_walk(const char *dir, enum fs_order order, const char *skip, int r,
			const char *wanted)
{
	struct walked w = { .text = STRBUF_INIT, .skip = skip, .r = r };

	assert_int_equal(fs_walk(dir, order, see, &w),
			 r < 0 ? r : 0); /* FS_SKIP does not end the walk */
	assert_string_equal(w.text.buf, wanted);
	strbuf_release(&w.text);
}

static void walks(void **state)
{
	char top[] = "/tmp/outpost-test-XXXXXX";
	_cleanup_free_ char *sub = NULL, *file = NULL, *link = NULL, *slash = NULL;

	(void)state;
	assert_non_null(mkdtemp(top));
	slash = xasprintf("%s/", top);
	sub = xasprintf("%s/sub", top);
	file = xasprintf("%s/file", sub);
	assert_int_equal(fs_mkdir_p(sub, 0755), 0);
	assert_int_equal(fs_write_atomic(file, "", 0, 0600), 0);
	expect_walk(sub, FS_FOLDER_FIRST, NULL, 0, "1 0  sub\n0 1 file file\n");
	expect_walk(sub, FS_FOLDER_LAST, NULL, 0, "0 1 file file\n1 0  sub\n");
	expect_walk(slash, FS_FOLDER_LAST, NULL, 0, "0 2 sub/file file\n1 1 sub sub\n1 0  \n");
	unlink(file);
	link = xasprintf("%s/link", sub);
	assert_int_equal(symlink("/usr", link), 0); /* is not followed */
	expect_walk(sub, FS_FOLDER_FIRST, NULL, 0, "1 0  sub\n2 1 link link\n");
	expect_walk(sub, FS_FOLDER_FIRST, "link", -EDOM, "1 0  sub\n2 1 link link\n");
	expect_walk(sub, FS_FOLDER_FIRST, "", FS_SKIP, "1 0  sub\n");
	expect_walk(link, FS_FOLDER_FIRST, NULL, 0, "2 0  link\n");
	fs_remove_tree(top);
	expect_walk(top, FS_FOLDER_FIRST, NULL, -ENOENT, "");
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

static void private_folder(void **state)
{
	char top[] = "/tmp/outpost-test-XXXXXX";
	_cleanup_free_ char *dir = NULL, *slash = NULL, *link = NULL, *link_slash = NULL;

	(void)state;
	assert_non_null(mkdtemp(top));
	dir = xasprintf("%s/a/b", top);
	slash = xasprintf("%s/", dir);
	assert_int_equal(fs_private_dir(slash), 0);
	assert_int_equal(mode_of(dir), 0700);
	assert_int_equal(chmod(dir, 0755), 0);
	assert_int_equal(fs_private_dir(dir), 0);
	assert_int_equal(mode_of(dir), 0700);
	assert_int_equal(chmod(dir, 0770), 0);
	assert_int_equal(fs_private_dir(dir), -EPERM);
	assert_int_equal(mode_of(dir), 0770);
	assert_int_equal(chmod(dir, 0700), 0);
	link = xasprintf("%s/link", top);
	link_slash = xasprintf("%s/", link);
	assert_int_equal(symlink(dir, link), 0);
	assert_int_equal(fs_private_dir(link), -ENOTDIR);
	assert_int_equal(fs_private_dir(link_slash), -ENOTDIR);
	if (getuid() == 0) {
		assert_int_equal(chown(dir, 64999, 64999), 0);
		assert_int_equal(fs_private_dir(dir), -EPERM);
	}
	fs_remove_tree(top);
}

static void removes_torn_files(void **state)
{
	static const char *const names[] = { "made.Hhaq8O", "made.abc",   "made.conf-d",
					     "made",        "mad.Hhaq8O", "made.Hhaq8OO" };
	char dir[] = "/tmp/outpost-test-XXXXXX";
	_cleanup_free_ char *path = NULL;

	(void)state;
	assert_non_null(mkdtemp(dir));
	path = xasprintf("%s/made", dir);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *file = xasprintf("%s/%s", dir, names[i]);

		assert_int_equal(fs_write_atomic(file, "", 0, 0600), 0);
	}
	fs_remove_torn(path);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *file = xasprintf("%s/%s", dir, names[i]);

		assert_int_equal(fs_is_there(file), i != 0);
	}
	assert_int_equal(fs_remove_tree(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(removes_torn_files),
		cmocka_unit_test(copy_beside),
		cmocka_unit_test(copy_from_another_file_system),
		cmocka_unit_test(link_is_put),
		cmocka_unit_test(found_below),
		cmocka_unit_test(within),
		cmocka_unit_test(walks),
		cmocka_unit_test(private_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
