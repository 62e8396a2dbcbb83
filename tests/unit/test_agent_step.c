// SPDX-License-Identifier: GPL-2.0-only
/* Steps on a board: what their children hold, leave behind, and report. */
#include "unit.h"

#include "agent/run/holder.h"
#include "agent/run/module.h"
#include "agent/run/supervisor.h"
#include "common/clock.h"
#include "common/fs.h"
#include "agent_dirs.h"
#include "common/strv.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

static struct supervisor s;

static int set_up(void **state)
{
	(void)state;
	memset(&s, 0, sizeof(s));
	if (test_place_make(&s.dirs) < 0)
		return -1;
	s.guard.watchdog_fd = -1;
	return journal_create(&s.journal, &s.dirs, "run-1");
}

static int tear_down(void **state)
{
	(void)state;
	journal_close(&s.journal);
	return test_place_remove(&s.dirs);
}

static void run(step_fn fn, const void *arg, bool capture, uint64_t limit_ms, enum watch_end how,
		outpost_StepEnd *end)
{
	struct step step;

	memset(end, 0, sizeof(*end));
	assert_int_equal(step_start(&step, fn, arg, capture), 0);
	assert_int_equal(watch_wait(&s, &step, boottime_us() + limit_ms * 1000, false), how);
	if (how != WATCH_ENDED)
		step_signal(&step, SIGKILL);
	step_finish(&step, end);
}

/* All descriptors but the standard three and the report's; reading the list takes one more. */
static int say_open_files(const void *arg, struct step_report *report)
{
	char **names = NULL;

	(void)arg;
	if (fs_list("/proc/self/fd", &names) < 0)
		return 1;
	strv_foreach (name, names)
		snprintf(report->detail + strlen(report->detail),
			 sizeof(report->detail) - strlen(report->detail), "%s ", *name);
	return 0;
}

static void a_child_holds_nothing_of_ours(void **state)
{
	outpost_StepEnd end;
	struct holder holder;
	int lock = holder_take(&s.dirs, &holder);

	(void)state;
	assert_true(lock >= 0);
	run(say_open_files, NULL, true, 5000, WATCH_ENDED, &end);
	assert_int_equal(end.exit_status, 0);
	assert_string_equal(end.detail, "0 1 2 3 4 ");
	close(lock);
}

static int do_nothing(const void *arg, struct step_report *report)
{
	(void)arg;
	(void)report;
	return 0;
}

static void a_step_of_hours_has_its_whole_duration(void **state)
{
	const uint64_t two_hours_us = 2ull * 3600 * 1000 * 1000;
	outpost_StepEnd end = { 0 };
	struct step step;

	(void)state;
	assert_int_equal(step_start(&step, do_nothing, NULL, false), 0);
	step.started_us -= two_hours_us;
	step_finish(&step, &end);
	assert_true(end.duration_us >= two_hours_us);
}

static void make_driver_link(const char *device, const char *module)
{
	char path[DIRS_MAX], target[64];

	snprintf(path, sizeof(path), "%s/sys/dev/char/%s/device/driver", s.dirs.root, device);
	assert_int_equal(fs_mkdir_p(path, 0755), 0);
	strcat(path, "/module");
	snprintf(target, sizeof(target), "../../../module/%s", module);
	assert_int_equal(symlink(target, path), 0);
}

/* Minor numbers have 20 bits: 300 is not 44, which belongs to another driver. */
static void a_device_with_a_large_number_is_its_drivers(void **state)
{
	(void)state;
	make_driver_link("511:300", "ours");
	make_driver_link("511:44", "other");
	make_driver_link("10:1048575", "ours");
	assert_true(module_drives(s.dirs.root, "ours", makedev(511, 300)));
	assert_false(module_drives(s.dirs.root, "other", makedev(511, 300)));
	assert_true(module_drives(s.dirs.root, "other", makedev(511, 44)));
	assert_true(module_drives(s.dirs.root, "ours", makedev(10, 1048575)));
	assert_false(module_drives(s.dirs.root, "ours", makedev(10, 255)));
}

/* A typical daemon: it has its own session, and its parent has exited. The detail is its pid. */
static int leave_daemon(const void *arg, struct step_report *report)
{
	pid_t pid = fork();

	(void)arg;
	if (pid == 0) {
		setsid();
		if (fork() == 0) {
			signal(SIGTERM, SIG_IGN);
			sleep(60);
		}
		sleep(60);
		_exit(0);
	}
	snprintf(report->detail, sizeof(report->detail), "%d", (int)pid);
	return 0;
}

/* There are no subreapers under qemu-user, for example. */
static void need_subreaper(void)
{
	const char *must = getenv("MUST_RUN");
	int r = step_adopt();

	if (r == 0)
		return;
	if (must && strcmp(must, "1") == 0)
		fail_msg("this machine has no subreapers: %s", strerror(-r));
	print_message("skipped: this machine has no subreapers: %s\n", strerror(-r));
	skip();
}

static void what_a_step_leaves_running_is_ended(void **state)
{
	outpost_StepEnd end;
	pid_t daemon;

	(void)state;
	need_subreaper();
	run(leave_daemon, NULL, true, 5000, WATCH_ENDED, &end);
	daemon = (pid_t)strtol(end.detail, NULL, 10);
	assert_true(daemon > 1);
	assert_int_equal(kill(daemon, 0), 0);
	assert_true(step_end_strays() >= 1);
	assert_int_equal(kill(daemon, 0), -1);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static int flood(const void *arg, struct step_report *report)
{
	static char text[4096];

	(void)arg;
	(void)report;
	for (;;)
		if (write(STDOUT_FILENO, text, sizeof(text)) < 0)
			return 1;
}

static void a_flood_of_output_does_not_outlast_its_limit(void **state)
{
	uint64_t start = boottime_us(), took;
	outpost_StepEnd end;

	(void)state;
	alarm(20); /* this would hang */
	run(flood, NULL, true, 300, WATCH_LATE, &end);
	alarm(0);
	took = (boottime_us() - start) / 1000;
	if (took > 5000)
		fail_msg("it took %llu ms", (unsigned long long)took);
	assert_int_equal(end.signal, SIGKILL);
	assert_true(s.journal.size < 3u << 20);
}

static void who_holds_the_board_can_be_asked(void **state)
{
	struct holder holder, other;
	int lock = holder_take(&s.dirs, &holder), child;

	(void)state;
	assert_true(lock >= 0);
	assert_int_equal(holder_write(lock, s.dirs.home, "20261122-1", 1234,
				      "an earlier, and longer name@host"),
			 0);
	assert_int_equal(holder_write(lock, s.dirs.home, "run-1", 42, "Ada L@host"), 0);
	assert_true(holder_find(&s.dirs, "run-1", &other));
	assert_string_equal(other.user, "Ada L@host");
	assert_int_equal(other.pid, 42);
	assert_false(holder_find(&s.dirs, "run-2", &other));
	assert_int_equal(holder_take(&s.dirs, &other), -EBUSY);
	assert_string_equal(other.run, "run-1");
	/* Like a supervisor, which holds the lock through a copy. */
	child = dup(lock);
	close(lock);
	assert_true(holder_find(&s.dirs, NULL, &other));
	close(child);
	assert_false(holder_find(&s.dirs, NULL, &other));
}

/* The lock belongs to the board; a run is in the home of the login that started it. */
static void whose_run_it_was_is_known(void **state)
{
	static const char old[] = "run-1 42 1700000000 Ada L@host\n";
	struct holder holder;
	int lock = holder_take(&s.dirs, &holder);

	(void)state;
	assert_int_equal(holder_write(lock, "/home/ada l", "run-1", 42, "Ada L@host\n/root"), 0);
	assert_true(holder_read(lock, &holder));
	assert_string_equal(holder.user, "Ada L@host");
	assert_string_equal(holder.home, "/home/ada l");
	/* As written by an older agent, which did not record the home. */
	assert_int_equal(pwrite(lock, old, strlen(old), 0), strlen(old));
	assert_int_equal(ftruncate(lock, (off_t)strlen(old)), 0);
	assert_true(holder_read(lock, &holder));
	assert_string_equal(holder.run, "run-1");
	assert_string_equal(holder.user, "Ada L@host");
	assert_string_equal(holder.home, "");
	close(lock);
}

static int find_end(const outpost_Entry *e, void *arg)
{
	if (e->which_body == outpost_Entry_run_end_tag)
		*(outpost_RunEnd *)arg = e->body.run_end;
	return 0;
}

/* A journal of run-1 with a plan for one module, and `n` modules of this name. */
static void put_plan(const char *name, int n)
{
	static outpost_Entry entry;

	entry = (outpost_Entry){ .which_body = outpost_Entry_plan_tag };
	proto_set(entry.body.plan.run, "run-1");
	entry.body.plan.modules = 1;
	assert_int_equal(journal_append(&s.journal, &entry), 0);
	entry = (outpost_Entry){ .which_body = outpost_Entry_module_tag };
	entry.body.module.hash.size = HASH_SIZE;
	proto_set(entry.body.module.name, name);
	while (n-- > 0)
		assert_int_equal(journal_append(&s.journal, &entry), 0);
	assert_int_equal(journal_publish(&s.journal, &s.dirs, "run-1"), 0);
}

/* Otherwise its host would start it again and again, and never learn why. */
static void a_plan_that_is_not_sound_ends_its_run(void **state)
{
	static struct supervisor other;
	outpost_RunEnd end = { 0 };
	uint64_t size;

	(void)state;
	put_plan("../../etc", 1);
	assert_int_equal(supervisor_open(&other, s.dirs.home, "run-1"), -EBADMSG);
	supervisor_refuse(&other, -EBADMSG);
	assert_int_equal(journal_each(&other.journal, find_end, &end, &size), 0);
	journal_close(&other.journal);
	free(other.modules);
	free(other.unusable);
	assert_int_equal(end.error, EBADMSG);
	assert_non_null(strstr(end.what, "it is not valid"));

	/* There is no journal to write to; that is not an error. */
	assert_int_equal(supervisor_open(&other, s.dirs.home, "run-2"), -ENOENT);
	supervisor_refuse(&other, -ENOENT);
}

/* An entry that the journal's reader refuses is not a torn end. */
static void a_plan_with_one_module_too_many_is_refused(void **state)
{
	static struct supervisor other;

	(void)state;
	put_plan("one", 2);
	assert_int_equal(supervisor_open(&other, s.dirs.home, "run-1"), -EBADMSG);
	journal_close(&other.journal);
	free(other.modules);
	free(other.unusable);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_child_holds_nothing_of_ours),
		TEST(a_step_of_hours_has_its_whole_duration),
		TEST(a_device_with_a_large_number_is_its_drivers),
		TEST(what_a_step_leaves_running_is_ended),
		TEST(a_flood_of_output_does_not_outlast_its_limit),
		TEST(who_holds_the_board_can_be_asked),
		TEST(whose_run_it_was_is_known),
		TEST(a_plan_that_is_not_sound_ends_its_run),
		TEST(a_plan_with_one_module_too_many_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
