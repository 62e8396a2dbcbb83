// SPDX-License-Identifier: GPL-2.0-only
/* Files in a folder that somebody else changes: nothing outside it is read, written or removed. */
#include "common/alloc.h"
#include "common/beneath.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/strv.h"
#include "common/unix_socket.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static char top[] = "/tmp/outpost-test-XXXXXX";
static int root = -1;

/* top/root is the folder; top/victim and what is in it must stay as it is. */
static int begin(void **state)
{
	(void)state;
	memcpy(top, "/tmp/outpost-test-XXXXXX", sizeof(top));
	assert_non_null(mkdtemp(top));
	assert_int_equal(chdir(top), 0);
	assert_int_equal(fs_mkdir_p("root/sub", 0700), 0);
	assert_int_equal(fs_mkdir_p("victim/dir", 0700), 0);
	assert_int_equal(fs_write_atomic("victim/dir/file", "secret", 6, 0600), 0);
	assert_int_equal(fs_write_atomic("root/sub/file", "mine", 4, 0640), 0);
	assert_int_equal(symlink("../victim/dir", "root/out"), 0);
	assert_int_equal(symlink("../../victim/dir/file", "root/sub/out"), 0);
	assert_int_equal(symlink("sub", "root/in"), 0);
	root = beneath_root("root");
	assert_true(root >= 0);
	return 0;
}

static int end(void **state)
{
	(void)state;
	close_fd(&root);
	return chdir("/") < 0 || fs_remove_tree(top) < 0 ? -1 : 0;
}

static void expect_file(const char *path, const char *wanted)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;

	assert_int_equal(fs_read(path, &text, 0), 0);
	assert_string_equal(text.buf, wanted);
}

static void reads(void **state)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	_cleanup_close_ int linked = -1;

	(void)state;
	assert_int_equal(beneath_read(root, "sub/file", &text, 0), 0);
	assert_string_equal(text.buf, "mine");
	assert_int_equal(beneath_read(root, "sub/file", &text, 3), -EFBIG);
	strbuf_reset(&text);
	assert_int_equal(beneath_read(root, "sub/out", &text, 0), -ELOOP);
	assert_int_equal(beneath_read(root, "out/file", &text, 0), -ELOOP);
	assert_int_equal(beneath_read(root, "in/file", &text, 0), -ELOOP);
	assert_int_equal(beneath_read(root, "../victim/dir/file", &text, 0), -EXDEV);
	assert_int_equal(beneath_read(root, "sub/../../victim/dir/file", &text, 0), -EXDEV);
	assert_int_equal(beneath_read(root, "/etc/passwd", &text, 0), -EXDEV);
	assert_int_equal(beneath_read(root, "none", &text, 0), -ENOENT);
	assert_int_equal(beneath_read(root, "sub", &text, 0), -EINVAL);
	assert_int_equal(text.len, 0);
	linked = beneath_follow(root, "in/file", O_RDONLY);
	assert_true(linked >= 0);
	assert_int_equal(beneath_follow(root, "out/file", O_RDONLY), -EXDEV);
	assert_int_equal(beneath_root("root/out"), -ENOTDIR);
}

/* Opening a pipe for reading would wait for a writer. */
static void opens_only_files(void **state)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;

	(void)state;
	assert_int_equal(mkfifo("root/pipe", 0600), 0);
	assert_int_equal(beneath_read(root, "pipe", &text, 0), -EINVAL);
	assert_int_equal(beneath_copy_out(root, "pipe", "copied"), -EINVAL);
	assert_false(fs_exists("copied"));
}

static void writes(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(beneath_write(root, "out/new", "x", 1, 0600), -ENOTDIR);
	assert_int_equal(beneath_write(root, "../victim/new", "x", 1, 0600), -EXDEV);
	assert_int_equal(beneath_write(root, "..", "x", 1, 0600), -EINVAL);
	assert_int_equal(beneath_mkdir_p(root, "out/new", 0700), -ENOTDIR);
	assert_int_equal(beneath_mkdir_p(root, "../victim/new", 0700), -EINVAL);
	assert_int_equal(beneath_put_link(root, "out/new", "x"), -ENOTDIR);
	assert_int_equal(beneath_copy_in(root, "out/new", "root/sub/file"), -ENOTDIR);
	/* The link itself is replaced, not what it leads to. */
	assert_int_equal(beneath_write(root, "sub/out", "x", 1, 0600), 0);
	expect_file("root/sub/out", "x");
	assert_int_equal(beneath_copy_in(root, "out", "root/sub/file"), 0);
	expect_file("root/out", "mine");
	assert_int_equal(beneath_mkdir_p(root, "a/b/c", 0700), 0);
	assert_int_equal(beneath_mkdir_p(root, "a/b/c", 0700), 0);
	assert_int_equal(beneath_mkdir_p(root, "sub/file", 0700), -ENOTDIR);
	assert_int_equal(beneath_put_link(root, "a/b/l", "target"), 0);
	assert_int_equal(beneath_stat(root, "a/b/l", &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(chmod("victim/dir/file", 0600), 0);
	expect_file("victim/dir/file", "secret");
	assert_int_not_equal(access("victim/new", F_OK), 0);
	assert_int_not_equal(access("victim/dir/new", F_OK), 0);
}

static void copies_out(void **state)
{
	struct stat a, b;

	(void)state;
	assert_int_equal(symlink("victim/dir/file", "to"), 0);
	assert_int_equal(beneath_copy_out(root, "sub/file", "to"), 0);
	expect_file("to", "mine");
	assert_int_equal(lstat("to", &a), 0);
	assert_int_equal(stat("root/sub/file", &b), 0);
	assert_true(S_ISREG(a.st_mode) && a.st_mtim.tv_sec == b.st_mtim.tv_sec &&
		    a.st_mtim.tv_nsec == b.st_mtim.tv_nsec);
	assert_int_equal(beneath_copy_out(root, "sub/out", "to"), -EXDEV);
	assert_int_equal(truncate("root/sub/file", 1LL << 40), 0);
	assert_int_equal(beneath_copy_out(root, "sub/file", "to"), -EFBIG);
	expect_file("to", "mine");
	expect_file("victim/dir/file", "secret");
}

static void removes(void **state)
{
	(void)state;
	assert_int_equal(beneath_remove(root, "out/file"), -ENOTDIR);
	assert_int_equal(beneath_remove(root, "../victim"), -EXDEV);
	assert_int_equal(beneath_remove(root, "."), -EINVAL);
	assert_int_equal(beneath_remove(root, "none/none"), 0);
	assert_int_equal(symlink("../../victim", "root/sub/dir"), 0);
	assert_int_equal(beneath_remove(root, "sub"), 0);
	assert_int_equal(beneath_remove(root, "out"), 0);
	assert_false(fs_exists("root/sub"));
	expect_file("victim/dir/file", "secret");
}

static void lists(void **state)
{
	_cleanup_strv_ char **names = NULL, **found = beneath_find(root, "", "file"),
			    **behind_link = beneath_find(root, "out", "file"),
			    **above = beneath_find(root, "..", "file");

	(void)state;
	assert_int_equal(beneath_list(root, "", &names), 0);
	assert_int_equal(strv_length(names), 3);
	assert_int_equal(beneath_list(root, "out", &names), -ENOTDIR);
	assert_int_equal(strv_length(found), 1);
	assert_string_equal(found[0], "sub/file");
	assert_int_equal(strv_length(behind_link), 0);
	assert_int_equal(strv_length(above), 0);
}

/* A folder turns into a link and back while it is being removed. */
static void *swap(void *arg)
{
	volatile bool *done = arg;

	while (!*done) {
		renameat2(AT_FDCWD, "root/turns", AT_FDCWD, "root/out", RENAME_EXCHANGE);
		sched_yield();
	}
	return NULL;
}

static void removes_during_changes(void **state)
{
	volatile bool done = false;
	pthread_t thread;

	(void)state;
	assert_int_equal(fs_mkdir_p("root/turns", 0700), 0);
	assert_int_equal(pthread_create(&thread, NULL, swap, (void *)&done), 0);
	for (int i = 0; i < 3000; i++) {
		(void)beneath_mkdir_p(root, "turns/a/b", 0700);
		(void)beneath_write(root, "turns/file", "x", 1, 0600);
		(void)beneath_remove(root, "turns/a");
		(void)beneath_remove(root, "turns/file");
		if (i % 64 == 0)
			(void)fs_remove_tree("root/turns");
	}
	done = true;
	pthread_join(thread, NULL);
	expect_file("victim/dir/file", "secret");
}

static void sockets(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "victim/socket" };
	_cleanup_close_ int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), fd = -1;

	(void)state;
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 1), 0);
	fd = unix_socket_connect("victim", "socket", false);
	assert_true(fd >= 0);
	assert_int_equal(symlink("../victim/socket", "root/socket"), 0);
	assert_int_equal(unix_socket_connect("root", "socket", false), -ENOTSOCK);
	assert_int_equal(unix_socket_connect("root/sub", "file", false), -ENOTSOCK);
	assert_int_equal(unix_socket_connect("none", "socket", false), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reads, begin, end),
		cmocka_unit_test_setup_teardown(opens_only_files, begin, end),
		cmocka_unit_test_setup_teardown(writes, begin, end),
		cmocka_unit_test_setup_teardown(copies_out, begin, end),
		cmocka_unit_test_setup_teardown(removes, begin, end),
		cmocka_unit_test_setup_teardown(lists, begin, end),
		cmocka_unit_test_setup_teardown(removes_during_changes, begin, end),
		cmocka_unit_test_setup_teardown(sockets, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
