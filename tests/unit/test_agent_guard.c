// SPDX-License-Identifier: GPL-2.0-only
/* Arming and restoring a board, in a folder that looks like its /proc, /sys, /dev and /run. */
#include "unit.h"

#include "agent/guard/guard.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "agent_dirs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct dirs dirs;
static struct guard guard;

static const char *const folders[] = {
	"/proc/sys/kernel",
	"/proc/sys/vm",
	"/sys/module/pstore/parameters",
	"/sys/module/rcupdate/parameters",
	"/sys/kernel/debug",
	"/dev",
	"/bin",
};

/* A board with Debian's settings; the last three were changed by the user. */
static const struct file {
	const char *path, *found, *armed;
} files[] = {
	{ "/proc/sys/kernel/panic", "0", "1" },
	{ "/proc/sys/kernel/panic_on_oops", "0", "1" },
	{ "/proc/sys/kernel/softlockup_panic", "0", "1" },
	{ "/proc/sys/kernel/panic_on_rcu_stall", "0", "1" },
	{ "/proc/sys/kernel/soft_watchdog", "1", "1" },
	{ "/proc/sys/kernel/hung_task_warnings", "10", "-1" },
	{ "/proc/sys/kernel/hung_task_check_interval_secs", "0", "1" },
	{ "/proc/sys/kernel/hung_task_timeout_secs", "120", "120" },
	{ "/proc/sys/kernel/watchdog_thresh", "10", "10" },
	{ "/sys/module/rcupdate/parameters/rcu_cpu_stall_timeout", "21", "21" },
	{ "/proc/sys/kernel/hung_task_panic", "1", "0" },
	{ "/proc/sys/kernel/panic_on_warn", "1", "0" },
	{ "/proc/sys/vm/panic_on_oom", "2", "0" },
};

static const char *in_root(const char *path)
{
	static char full[DIRS_MAX];

	snprintf(full, sizeof(full), "%s%s", dirs.home, path);
	return full;
}

static void put(const char *path, const char *text, mode_t mode)
{
	assert_int_equal(fs_write_atomic(in_root(path), text, strlen(text), mode), 0);
}

static void expect(const char *path, const char *text)
{
	char now[128];

	dirs_read(in_root(path), now, sizeof(now));
	now[strcspn(now, "\n")] = '\0'; /* unlike in /proc, the end of a longer old value follows */
	if (strcmp(now, text) != 0)
		fail_msg("%s is '%s', not '%s'", path, now, text);
}

static void set_pstore(const char *backend)
{
	put("/sys/module/pstore/parameters/backend", backend, 0644);
}

static int set_up(void **state)
{
	(void)state;
	if (test_place_make(&dirs) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (fs_mkdir_p(in_root(folders[i]), 0755) < 0)
			return -1;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		put(files[i].path, files[i].found, 0644);
	set_pstore("ramoops");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	guard_let_go(&guard);
	return test_place_remove(&dirs);
}

static void expect_found(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		expect(files[i].path, files[i].found);
	assert_false(guard_is_armed(&dirs));
}

static void arms_and_restores(void **state)
{
	(void)state;
	guard_arm(&guard, &dirs);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		expect(files[i].path, files[i].armed);
	assert_true(guard.panics_on_oops);
	assert_true(guard_is_armed(&dirs));
	guard_expect_busy(&guard, 10000);
	guard_expect_asleep(&guard, 10000);
	guard_disarm(&guard);
	expect_found();
}

/* Killed, and armed again: the values found first count. */
static void the_next_start_restores_for_one_that_was_killed(void **state)
{
	struct guard next;

	(void)state;
	guard_arm(&guard, &dirs);
	guard_expect_busy(&guard, 10000);
	guard_let_go(&guard);
	guard_arm(&next, &dirs);
	assert_int_equal(next.found_lockup_s, 10);
	guard_disarm(&next);
	expect_found();
}

/* Settings that this kernel does not have are skipped, and no file is created. */
static void what_a_board_has_not_is_no_error(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		unlink(in_root(files[i].path));
	guard_arm(&guard, &dirs);
	guard_expect_busy(&guard, 10000);
	guard_expect_asleep(&guard, 10000);
	assert_false(guard.panics_on_oops);
	assert_int_equal(guard.watchdog_s, 0);
	guard_disarm(&guard);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		assert_false(fs_exists(in_root(files[i].path)));
}

/* If, for example, /run is full, nothing is changed, because nobody could restore it. */
static void what_cannot_be_written_down_stays(void **state)
{
	(void)state;
	proto_set(dirs.runtime, in_root("/nowhere"));
	guard_arm(&guard, &dirs);
	guard_expect_busy(&guard, 10000);
	guard_expect_asleep(&guard, 10000);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		expect(files[i].path, files[i].found);
	guard_disarm(&guard);
}

static void nothing_panics_where_nothing_survives(void **state)
{
	(void)state;
	set_pstore("(null)");
	put("/proc/sys/kernel/panic_on_oops", "1", 0644);
	put("/proc/sys/kernel/softlockup_panic", "1", 0644);
	guard_arm(&guard, &dirs);
	assert_false(guard.panics_on_oops);
	expect("/proc/sys/kernel/panic_on_oops", "0");
	expect("/proc/sys/kernel/softlockup_panic", "0");
	expect("/proc/sys/kernel/panic_on_rcu_stall", "0");
	expect("/proc/sys/kernel/panic", "1");
	guard_disarm(&guard);
	expect("/proc/sys/kernel/panic_on_oops", "1");
	expect("/proc/sys/kernel/softlockup_panic", "1");
}

static void detectors_speak_before_the_limit(void **state)
{
	static const struct {
		uint32_t limit_ms, watchdog_s;
		const char *lockup, *stall, *sleeper;
	} cases[] = {
		{ 10000, 0, "3", "10", "7" },   /* soft lockup after 8.9 s at the latest */
		{ 1000, 0, "3", "6", "5" },     /* never so short that mere load counts as a hang */
		{ 30000, 0, "10", "21", "27" }, /* nor longer than the value found */
		{ 600000, 0, "10", "21", "120" },
		{ 30000, 20, "6", "17", "27" }, /* and before the watchdog bites */
		{ 30000, 15, "4", "12", "27" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		guard_arm(&guard, &dirs);
		guard.watchdog_s = cases[i].watchdog_s;
		guard_expect_busy(&guard, cases[i].limit_ms);
		guard_expect_asleep(&guard, cases[i].limit_ms);
		expect("/proc/sys/kernel/watchdog_thresh", cases[i].lockup);
		expect("/sys/module/rcupdate/parameters/rcu_cpu_stall_timeout", cases[i].stall);
		expect("/proc/sys/kernel/hung_task_timeout_secs", cases[i].sleeper);
		guard_disarm(&guard);
		expect_found();
	}
}

static void a_detector_that_is_off_stays_off(void **state)
{
	(void)state;
	put("/proc/sys/kernel/watchdog_thresh", "0", 0644);
	put("/proc/sys/kernel/hung_task_timeout_secs", "0", 0644);
	guard_arm(&guard, &dirs);
	guard_expect_busy(&guard, 10000);
	guard_expect_asleep(&guard, 10000);
	expect("/proc/sys/kernel/watchdog_thresh", "0");
	expect("/proc/sys/kernel/hung_task_timeout_secs", "0");
	guard_disarm(&guard);
}

/* Lines from somebody else have no effect. */
static void only_our_settings_are_restored(void **state)
{
	(void)state;
	put("/armed", "/proc/sys/vm/panic_on_oom 1\n/bin/victim 1\nnonsense\n", 0600);
	put("/bin/victim", "as it was", 0644);
	guard_recover(&dirs);
	expect("/bin/victim", "as it was");
	expect("/proc/sys/vm/panic_on_oom", "1");
}

/* Nobody has opened it yet, and it could not be stopped after the run. */
static void a_watchdog_without_a_way_out_is_left_alone(void **state)
{
	(void)state;
	assert_int_equal(fs_mkdir_p(in_root("/sys/class/watchdog/watchdog0"), 0755), 0);
	put("/dev/watchdog", "", 0644);
	put("/sys/class/watchdog/watchdog0/state", "inactive", 0644);
	put("/sys/class/watchdog/watchdog0/nowayout", "0", 0644);
	guard_arm(&guard, &dirs);
	assert_true(guard.watchdog_fd >= 0);
	guard_disarm(&guard);
	put("/sys/class/watchdog/watchdog0/nowayout", "1", 0644);
	guard_arm(&guard, &dirs);
	assert_int_equal(guard.watchdog_fd, -1);
	guard_disarm(&guard);
}

/* --- the watchdog that systemd holds --------------------------------------------- */

/*
 * The device is a folder, which nobody can open for writing, until "systemd" releases it;
 * `usec` is its property.
 */
static void make_systemd(const char *let_go)
{
	char script[1024], path[DIRS_MAX];

	assert_int_equal(fs_mkdir_p(in_root("/run/systemd/system"), 0755), 0);
	assert_int_equal(fs_mkdir_p(in_root("/dev/watchdog"), 0755), 0);
	put("/usec", "60000000", 0644);
	snprintf(script, sizeof(script),
		 "#!/bin/sh\n"
		 "cd %s || exit 1\n"
		 "case $1 in\n"
		 "get-property) echo \"t $(cat usec)\" ;;\n"
		 "set-property) printf %%s \"$7\" >usec\n"
		 "	[ \"$7\" != 0 ] || { %s; } ;;\n"
		 "esac\n",
		 dirs.home, let_go);
	put("/bin/busctl", script, 0755);
	snprintf(path, sizeof(path), "%s/bin:/usr/bin:/bin", dirs.home);
	setenv("PATH", path, 1);
}

static void the_watchdog_is_borrowed_and_given_back(void **state)
{
	(void)state;
	make_systemd("rmdir dev/watchdog && touch dev/watchdog");
	guard_arm(&guard, &dirs);
	assert_true(guard.watchdog_fd >= 0);
	expect("/usec", "0");
	expect("/dev/watchdog", "V");
	guard_disarm(&guard);
	expect("/usec", "60000000");
}

static void a_killed_supervisor_gives_the_watchdog_back(void **state)
{
	(void)state;
	make_systemd("rmdir dev/watchdog && touch dev/watchdog");
	guard_arm(&guard, &dirs);
	guard_let_go(&guard);
	guard_recover(&dirs);
	expect("/usec", "60000000");
	expect_found();
}

static void a_watchdog_that_is_not_let_go_is_given_back_all_the_same(void **state)
{
	(void)state;
	make_systemd("true");
	guard_arm(&guard, &dirs);
	assert_int_equal(guard.watchdog_fd, -1);
	assert_int_equal(guard.watchdog_s, 0);
	guard_disarm(&guard);
	expect("/usec", "60000000");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(arms_and_restores),
		TEST(the_next_start_restores_for_one_that_was_killed),
		TEST(what_a_board_has_not_is_no_error),
		TEST(what_cannot_be_written_down_stays),
		TEST(nothing_panics_where_nothing_survives),
		TEST(detectors_speak_before_the_limit),
		TEST(a_detector_that_is_off_stays_off),
		TEST(only_our_settings_are_restored),
		TEST(a_watchdog_without_a_way_out_is_left_alone),
		TEST(the_watchdog_is_borrowed_and_given_back),
		TEST(a_killed_supervisor_gives_the_watchdog_back),
		TEST(a_watchdog_that_is_not_let_go_is_given_back_all_the_same),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
