// SPDX-License-Identifier: GPL-2.0-only
/* What a user asks provision for, before any board is reached. */
#include "unit.h"

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/provision.h"
#include "common/strv.h"
#include "host/workflow/provision.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define KEY "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDGiwfEt9X33M0mH3XDG6kxwUxOltCyDQ9qBYAmhpcur"

static outpost_Provision request;

static int ask(const struct provision_options *o)
{
	struct provision_options all = *o;

	if (!all.profile)
		all.profile = (char *)"development";
	return provision_request(&all, &request);
}

static char **words(const char *first, const char *second)
{
	char **list = NULL;

	strv_add(&list, first);
	if (second)
		strv_add(&list, second);
	return list;
}

static void steps_are_chosen_by_name(void **state)
{
	_cleanup_strv_ char **only = words("ssh", "headers"), **wrong = words("shh", NULL);
	_cleanup_strv_ char **packages = words("packages", NULL);
	struct provision_options o = { .only = only };

	(void)state;
	assert_int_equal(ask(&o), 0);
	assert_true(provision_wants(&o, "headers"));
	assert_false(provision_wants(&o, "sysctl"));
	o.only = wrong;
	assert_int_equal(ask(&o), -EINVAL);
	o = (struct provision_options){ .only = packages, .undo = true };
	assert_int_equal(ask(&o), -EINVAL); /* packages stay */
}

static void headers_are_for_those_who_ask(void **state)
{
	struct provision_options o = { 0 };

	(void)state;
	assert_false(provision_wants(&o, "headers"));
	assert_true(provision_wants(&o, "selftest"));
	o.headers = true;
	assert_true(provision_wants(&o, "headers"));
	o = (struct provision_options){ .undo = true };
	assert_true(provision_wants(&o, "ssh"));
	assert_false(provision_wants(&o, "packages"));
}

static void profiles_and_ports_are_checked(void **state)
{
	_cleanup_strv_ char **ports = words("80", "443"), **wrong = words("0", NULL);

	(void)state;
	assert_int_equal(ask(&(struct provision_options){ .profile = (char *)"production" }), 0);
	assert_true(request.production);
	assert_int_equal(ask(&(struct provision_options){ .profile = (char *)"test" }), -EINVAL);
	assert_int_equal(ask(&(struct provision_options){ .ports = ports }), 0);
	assert_int_equal(request.ports_count, 2);
	assert_int_equal(request.ports[1], 443);
	assert_int_equal(ask(&(struct provision_options){ .ports = wrong }), -EINVAL);
}

static void a_key_is_one_public_key(void **state)
{
	char file[] = "/tmp/outpost-test-XXXXXX";
	int fd = mkstemp(file);
	struct provision_options o = { .key = file };

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(fs_write_atomic(file, KEY " me@here\n", strlen(KEY) + 9, 0600), 0);
	assert_int_equal(ask(&o), 0);
	assert_string_equal(request.key, KEY);
	assert_int_equal(fs_write_atomic(file, KEY "\n" KEY "\n", 2 * strlen(KEY) + 2, 0600), 0);
	assert_int_equal(ask(&o), -EINVAL);
	assert_int_equal(fs_write_atomic(file, "-----BEGIN OPENSSH PRIVATE KEY-----\n", 36, 0600),
			 0);
	assert_int_equal(ask(&o), -EINVAL);
	unlink(file);
	assert_int_equal(ask(&o), -ENOENT);
}

static void the_names_of_steps_fit(void **state)
{
	(void)state;
	for (const struct provision_step *step = provision_steps; step->name; step++)
		assert_true(strlen(step->name) < sizeof(request.step));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_are_chosen_by_name),
		cmocka_unit_test(headers_are_for_those_who_ask),
		cmocka_unit_test(profiles_and_ports_are_checked),
		cmocka_unit_test(a_key_is_one_public_key),
		cmocka_unit_test(the_names_of_steps_fit),
	};

	log_set_level(LOG_LEVEL_NONE);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
