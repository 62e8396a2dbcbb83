// SPDX-License-Identifier: GPL-2.0-only
#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/strv.h"
#include "host/base/config.h"
#include "host/base/paths.h"
#include "host/base/trust.h"
#include "host/cmd/command_line.h"
#include "host/cmd/config_keys.h"
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char top[] = "/tmp/outpost-test-XXXXXX";

static char *in_top(const char *name)
{
	return path_join(top, name, NULL);
}

static void make(const char *name)
{
	_cleanup_free_ char *path = in_top(name);

	assert_int_equal(fs_mkdir_p(path, 0755), 0);
}

static void put(const char *name, const char *text)
{
	_cleanup_free_ char *path = in_top(name);

	assert_int_equal(fs_write_atomic(path, text, strlen(text), 0644), 0);
}

static void set_mode(const char *name, mode_t mode)
{
	_cleanup_free_ char *path = in_top(name);

	assert_int_equal(chmod(path, mode), 0);
}

static int make_top(void **state)
{
	_cleanup_free_ char *home = NULL;

	(void)state;
	log_set_level(LOG_LEVEL_NONE);
	if (!mkdtemp(top))
		return -1;
	home = in_top("home");
	setenv("HOME", home, 1);
	setenv("XDG_STATE_HOME", top, 1);
	setenv("XDG_CONFIG_HOME", top, 1);
	make("outpost");
	make("project/sub/.git");
	make("project/sub/deep");
	return 0;
}

static int remove_top(void **state)
{
	(void)state;
	return chdir("/") < 0 ? -1 : fs_remove_tree(top);
}

static bool has(const char *name)
{
	_cleanup_free_ char *path = in_top(name);

	return trust_has(path);
}

static void list(void **state)
{
	_cleanup_free_ char *project = in_top("project"), *home = in_top("home"), *list = NULL;
	_cleanup_strv_ char **dirs = NULL;

	(void)state;
	assert_false(has("project"));
	assert_int_equal(trust_remove(project), -ENOENT);
	assert_int_equal(trust_add(project), 0);
	assert_int_equal(trust_add(project), 0);
	assert_int_equal(trust_add("/usr/src"), 0);
	assert_int_equal(trust_list(&dirs), 0);
	assert_int_equal(strv_length(dirs), 2);
	assert_string_equal(dirs[0], project);
	assert_string_equal(dirs[1], "/usr/src");
	assert_true(has("project"));
	assert_true(has("project/sub/deep"));
	assert_false(has("projects"));
	assert_false(has(""));
	set_mode("project/sub", 0777);
	assert_false(has("project/sub/deep"));
	assert_true(has("project"));
	set_mode("project/sub", 0755);
	assert_true(has("project/sub/deep"));
	assert_int_equal(trust_add(home), -EPERM);
	assert_int_equal(trust_add("/"), -EPERM);
	assert_int_equal(trust_remove(project), 0);
	assert_int_equal(trust_remove("/usr/src"), 0);
	assert_false(has("project"));
	list = in_top("outpost/trusted");
	assert_int_equal(chmod(list, 0666), 0);
	assert_int_equal(trust_add(project), -EPERM); /* others could have written it */
	assert_int_equal(unlink(list), 0);
}

/* There is no terminal here. */
static void require(void **state)
{
	_cleanup_(config_freep) struct config *config = NULL;
	_cleanup_free_ char *deep = in_top("project/sub/deep"), *sub = in_top("project/sub");

	(void)state;
	assert_int_equal(chdir(sub), 0);
	assert_int_equal(config_load(&config), 0);
	assert_int_equal(trust_require(NULL, deep, "", ""), -EPERM);
	assert_int_equal(trust_require(config, deep, "", ""), -EPERM);
	config_answer_yes(config);
	assert_int_equal(trust_require(config, deep, "", ""), 0);
	assert_false(trust_has(deep)); /* not remembered */
	assert_int_equal(trust_add(sub), 0);
	assert_int_equal(trust_require(NULL, deep, "", ""), 0);
	assert_int_equal(trust_remove(sub), 0);
}

/* --- keys --------------------------------------------------------------------------------- */

/* A new key must be put in the table of config_keys.c. */
static void every_key_is_decided(void **state)
{
	_cleanup_free_ struct ini_key *keys = config_keys(context_rows);
	size_t n = 0;

	(void)state;
	for (; keys[n].name; n++)
		if (!config_key_is_decided(keys[n].name))
			fail_msg("%s is in no row of decisions[]", keys[n].name);
	assert_true(n > 25);
	assert_true(config_key_is_restricted("new.key"));
	assert_true(config_key_is_restricted("build.compiler_wrapper"));
	assert_true(config_key_is_restricted("archive.any.url"));
	assert_false(config_key_is_restricted("test.timeout"));
}

static void keys_of_a_project(void **state)
{
	_cleanup_(config_freep) struct config *config = NULL;
	_cleanup_free_ char *deep = in_top("project/sub/deep"), *sub = in_top("project/sub"),
			    *file = in_top("project/sub/outpost.conf");
	_cleanup_strv_ char **names = NULL;

	(void)state;
	put("project/sub/outpost.conf", "[build]\nin = host\njobs = 3\n[container]\nbase = x\n");
	put("outpost/outpost.conf", "[container]\nbase = y\n");
	assert_int_equal(chdir(deep), 0);
	assert_int_equal(config_load(&config), 0);
	assert_string_equal(config_project_file(config), file);
	config_project_keys(config, config_key_is_restricted, &names);
	assert_int_equal(strv_length(names), 2);
	assert_string_equal(names[0], "build.in");
	assert_string_equal(names[1], "container.base");
	assert_int_equal(config_keys_require_trust(config), -EPERM);
	assert_int_equal(trust_add(sub), 0);
	assert_int_equal(config_keys_require_trust(config), 0);
	config_keys_ignore_untrusted(config);
	assert_null(config_ignored(config));
	assert_int_equal(trust_remove(sub), 0);
	config_keys_ignore_untrusted(config);
	assert_int_equal(strv_length(config_ignored(config)), 2);
	assert_int_equal(config_keys_require_trust(config), 0); /* nothing is left */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(list),
		cmocka_unit_test(require),
		cmocka_unit_test(every_key_is_decided),
		cmocka_unit_test(keys_of_a_project),
	};

	return cmocka_run_group_tests(tests, make_top, remove_top);
}
