// SPDX-License-Identifier: GPL-2.0-only
#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "host/base/owner.h"
#include "host/base/paths.h"
#include "host/base/project.h"
#include "unit.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OTHER 64999 /* owns nothing */

static char top[] = "/tmp/outpost-test-XXXXXX";

static int make_top(void **state)
{
	_cleanup_free_ char *home = NULL;

	(void)state;
	if (!mkdtemp(top))
		return -1;
	home = path_join(top, "home", NULL);
	return setenv("HOME", home, 1);
}

static int remove_top(void **state)
{
	(void)state;
	return fs_remove_tree(top);
}

static void make(const char *name)
{
	_cleanup_free_ char *path = path_join(top, name, NULL);

	assert_int_equal(fs_mkdir_p(path, 0755), 0);
}

static void drop(const char *name)
{
	_cleanup_free_ char *path = path_join(top, name, NULL);

	assert_int_equal(fs_remove_tree(path), 0);
}

static void expect_root(const char *name, const char *wanted)
{
	_cleanup_free_ char *path = path_join(top, name, NULL),
			    *whole = path_join(top, wanted, NULL);
	_cleanup_free_ char *found = project_root(path);

	assert_string_equal(found, whole);
}

static void work_trees(void **state)
{
	_cleanup_free_ char *file = path_join(top, "home/src/drv/a/x.ko", NULL);

	(void)state;
	make("home/src/drv/a/b");
	assert_int_equal(fs_write_atomic(file, "", 0, 0644), 0);
	expect_root("home/src/drv/a/b", "home/src/drv/a/b"); /* no repository: nothing above it */
	make("home/src/drv/.git");
	expect_root("home/src/drv/a/b", "home/src/drv");
	expect_root("home/src/drv/a/x.ko", "home/src/drv");
	expect_root("home/src/drv/a/../a/b", "home/src/drv");
	expect_root("home/src/drv", "home/src/drv");
	expect_root("home/src", "home/src");
	make("home/src/drv/a/.git"); /* a submodule */
	expect_root("home/src/drv/a/b", "home/src/drv/a");
	expect_root("missing/a", "missing/a");
}

/* A repository of dotfiles does not make the home folder a project. */
static void never_the_home(void **state)
{
	_cleanup_free_ char *home = path_join(top, "home", NULL), *slash = NULL;

	(void)state;
	make("home/other/driver");
	make("home/.git");
	make(".git");
	expect_root("home/other/driver", "home/other/driver");
	expect_root("home/other", "home/other");
	drop(".git");
	drop("home/.git");
	assert_true(project_is_too_wide(home));
	assert_true(project_is_too_wide(top));
	assert_true(project_is_too_wide("/tmp"));
	assert_true(project_is_too_wide("/"));
	assert_false(project_is_too_wide("/usr/src"));
	slash = project_root("/");
	assert_string_equal(slash, "/");
}

/* Anybody can make a .git in /tmp. */
static void of_another_user(void **state)
{
	_cleanup_free_ char *git = path_join(top, "shared/.git", NULL);
	_cleanup_free_ char *shared = path_join(top, "shared", NULL);

	(void)state;
	make("shared/me/driver");
	make("shared/.git");
	expect_root("shared/me/driver", "shared");
	assert_int_equal(chmod(shared, 01777), 0);
	expect_root("shared/me/driver", "shared/me/driver");
	assert_int_equal(chmod(shared, 0755), 0);
	if (getuid() != 0)
		skip();
	assert_int_equal(chown(git, OTHER, OTHER), 0);
	expect_root("shared/me/driver", "shared/me/driver");
	assert_int_equal(chown(git, 0, 0), 0);
	assert_int_equal(chown(shared, OTHER, OTHER), 0);
	expect_root("shared/me/driver", "shared/me/driver");
}

static void owners(void **state)
{
	struct stat st = { .st_uid = getuid(), .st_gid = getgid(), .st_mode = S_IFREG | 0644 };
	_cleanup_free_ char *writable = NULL, *foreign = NULL;

	(void)state;
	assert_true(owner_is_trusted(&st));
	st.st_mode |= S_IWOTH;
	assert_false(owner_is_trusted(&st));
	writable = owner_problem(&st);
	assert_string_equal(writable, "other users can write to it");
	st.st_mode = S_IFREG | 0664;
	st.st_gid = OTHER;
	assert_false(owner_is_trusted(&st));
	st.st_mode = S_IFREG | 0644;
	assert_true(owner_is_trusted(&st));
	st.st_uid = OTHER;
	assert_false(owner_is_trusted(&st));
	foreign = owner_problem(&st);
	assert_string_equal(foreign, "it belongs to another user (64999)");
	if (getuid() != 0)
		return;
	st = (struct stat){ .st_mode = S_IFREG | 0664 }; /* the group root is root's own */
	assert_true(owner_is_trusted(&st));
	assert_false(owner_is_trusted_at("/nonexistent"));
	assert_false(owner_is_trusted_at("/tmp"));
}

/* Files would be below whatever folder a command happens to be started in. */
static void home_that_is_relative(void **state)
{
	const struct passwd *pw = getpwuid(getuid());
	_cleanup_free_ char *old = xstrdup(getenv("HOME")), *path = NULL, *expected = NULL;

	(void)state;
	unsetenv("XDG_STATE_HOME");
	assert_int_equal(setenv("HOME", "home", 1), 0);
	path = path_state("x", NULL);
	expected = path_join(pw->pw_dir, ".local/state/outpost/x", NULL);
	assert_string_equal(path, expected);
	assert_int_equal(setenv("HOME", old, 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(work_trees),
		cmocka_unit_test(never_the_home),
		cmocka_unit_test(home_that_is_relative),
		cmocka_unit_test(of_another_user),
		cmocka_unit_test(owners),
	};

	return cmocka_run_group_tests(tests, make_top, remove_top);
}
