// SPDX-License-Identifier: GPL-2.0-only
/* A connection, before and after it holds the board. */
#include "unit.h"

#include "agent/base/logs.h"
#include "agent/run/holder.h"
#include "agent/serve/serve.h"
#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/strv.h"
#include "agent_dirs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OLD_BLOBS = 300, KEPT_BLOBS = 256, OLD_RUNS = LOGS_KEPT + 10 };

static struct serve s;

static int set_up(void **state)
{
	(void)state;
	memset(&s, 0, sizeof(s));
	s.plan.fd = s.follow_fd = s.inotify_fd = s.log.fd = -1;
	return test_place_make(&s.dirs);
}

static int tear_down(void **state)
{
	(void)state;
	journal_close(&s.plan);
	if (s.follow_fd >= 0)
		close(s.follow_fd);
	if (s.inotify_fd >= 0)
		close(s.inotify_fd);
	return test_place_remove(&s.dirs);
}

static void make_hash(int number, uint8_t hash[HASH_SIZE])
{
	memset(hash, 0, HASH_SIZE);
	memcpy(hash, &number, sizeof(number));
}

/* Blobs with lower numbers are older. */
static void make_blob(int number)
{
	const struct timespec times[2] = { { .tv_sec = 1000 + number },
					   { .tv_sec = 1000 + number } };
	uint8_t hash[HASH_SIZE];
	char path[DIRS_MAX];

	make_hash(number, hash);
	assert_int_equal(blob_path(&s.dirs, hash, path), 0);
	assert_int_equal(fs_write_atomic(path, "", 0, 0644), 0);
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static bool has_blob(int number)
{
	uint8_t hash[HASH_SIZE];

	make_hash(number, hash);
	return blob_exists(&s.dirs, hash);
}

static size_t count_in(const char *what)
{
	char dir[DIRS_MAX], **names = NULL;
	size_t n;

	assert_int_equal(dirs_path(&s.dirs, dir, "%s", what), 0);
	assert_int_equal(fs_list(dir, &names), 0);
	n = strv_length(names);
	strv_free(names);
	return n;
}

static void fill_board(void)
{
	static struct journal journal;
	outpost_Entry entry = { .which_body = outpost_Entry_run_end_tag };
	char dir[DIRS_MAX], run[32];

	assert_int_equal(dirs_path(&s.dirs, dir, "blobs"), 0);
	assert_int_equal(dirs_mkdir(&s.dirs, dir), 0);
	for (int i = 0; i < OLD_BLOBS; i++)
		make_blob(i);
	for (int i = 0; i < OLD_RUNS; i++) {
		snprintf(run, sizeof(run), "20260101-%06d-abcdef", i);
		assert_int_equal(journal_create(&journal, &s.dirs, run), 0);
		assert_int_equal(journal_append(&journal, &entry), 0);
		assert_int_equal(journal_publish(&journal, &s.dirs, run), 0);
		journal_close(&journal);
		logs_note_collected(&s.dirs, run);
	}
}

/* A plan with one module, with this blob and this test program. */
static void send_plan(const char *run, int blob, int test)
{
	outpost_Plan plan = { .modules = 1 };
	outpost_PlanModule module = { .hash.size = HASH_SIZE, .program.size = HASH_SIZE };

	proto_set(plan.run, run);
	proto_set(plan.user, "somebody@here");
	make_hash(blob, module.hash.bytes);
	make_hash(test, module.program.bytes);
	serve_plan(&s, &plan);
	serve_plan_module(&s, &module);
	proto_set(s.start.run, run);
	s.start.attempt = 1;
	s.start.indices_count = 1;
}

/* Replies go to standard output; the last one is in s.reply. */
static void start(void)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC), out = dup(STDOUT_FILENO);

	fflush(stdout);
	dup2(null, STDOUT_FILENO);
	serve_start(&s);
	dup2(out, STDOUT_FILENO);
	close(out);
	close(null);
}

static void assert_replied(pb_size_t tag)
{
	if (s.reply.which_body == outpost_Reply_failure_tag && tag != outpost_Reply_failure_tag)
		fail_msg("%s", s.reply.body.failure.what);
	assert_int_equal(s.reply.which_body, tag);
}

static void who_finds_the_board_busy_removes_nothing(void **state)
{
	struct holder holder;
	int lock;

	(void)state;
	fill_board();
	lock = holder_take(&s.dirs, &holder);
	assert_true(lock >= 0);
	assert_int_equal(holder_write(lock, s.dirs.home, "other", 2, "other@there"), 0);
	send_plan("20270101-000000-abcdef", 7, OLD_BLOBS - 1);
	start();
	assert_replied(outpost_Reply_busy_tag);
	assert_string_equal(s.reply.body.busy.user, "other@there");
	assert_int_equal(count_in("blobs"), OLD_BLOBS);
	assert_int_equal(count_in("logs"), OLD_RUNS + 1);
	close(lock);
}

static void a_run_that_begins_makes_room_and_keeps_its_own(void **state)
{
	(void)state;
	fill_board();
	send_plan("20270101-000000-abcdef", 7, OLD_BLOBS - 1);
	start();
	assert_replied(outpost_Reply_run_tag);
	assert_true(has_blob(7) && has_blob(OLD_BLOBS - 1));
	assert_false(has_blob(6) || has_blob(8));
	assert_int_equal(count_in("blobs"), KEPT_BLOBS + 2);
	assert_int_equal(count_in("logs"), LOGS_KEPT);
}

/* This program plays the supervisor, and exits at once. */
static void wait_for_board(void)
{
	struct holder holder;
	int lock;

	do
		lock = holder_take(&s.dirs, &holder);
	while (lock == -EBUSY);
	assert_true(lock >= 0);
	close(lock);
}

/* An old run that is still running is removed last. */
static void a_run_that_goes_on_keeps_its_journal(void **state)
{
	char path[DIRS_MAX];

	(void)state;
	fill_board();
	send_plan("20250101-000000-abcdef", 7, 8);
	start();
	assert_replied(outpost_Reply_run_tag);
	wait_for_board();
	logs_note_collected(&s.dirs, "20250101-000000-abcdef");
	start();
	assert_replied(outpost_Reply_run_tag);
	assert_int_equal(dirs_path(&s.dirs, path, "logs/20250101-000000-abcdef/journal"), 0);
	assert_true(fs_exists(path));
}

static void what_is_missing_is_asked_for_once(void **state)
{
	(void)state;
	fill_board();
	send_plan("20270101-000000-abcdef", OLD_BLOBS, OLD_BLOBS);
	start();
	assert_replied(outpost_Reply_need_tag);
	assert_int_equal(s.start_needs, 1);
	make_blob(OLD_BLOBS);
	start();
	assert_replied(outpost_Reply_run_tag);
	assert_int_equal(s.start_needs, 0);
}

static void a_run_that_has_ended_does_not_begin_again(void **state)
{
	static struct journal journal;
	outpost_Entry entry = { .which_body = outpost_Entry_run_end_tag };

	(void)state;
	fill_board();
	send_plan("20270101-000000-abcdef", 7, 8);
	start();
	assert_int_equal(journal_open(&journal, &s.dirs, "20270101-000000-abcdef", true), 0);
	assert_int_equal(journal_append(&journal, &entry), 0);
	journal_close(&journal);
	wait_for_board();
	start();
	assert_replied(outpost_Reply_failure_tag);
	assert_int_equal(s.reply.body.failure.error, EALREADY);
}

/* --- who uses the board ------------------------------------------------------------------ */

static void put_modules(const char *text)
{
	_cleanup_free_ char *dir = xasprintf("%s/proc", s.dirs.root);
	_cleanup_free_ char *file = xasprintf("%s/modules", dir);

	assert_int_equal(fs_mkdir_p(dir, 0755), 0);
	assert_int_equal(fs_write_atomic(file, text, strlen(text), 0644), 0);
}

static void a_free_board_has_no_lock_holder(void **state)
{
	outpost_Status facts = { 0 };
	struct holder holder;
	int lock = holder_take(&s.dirs, &holder);

	(void)state;
	/* An old holder is recorded, but no longer there. */
	assert_int_equal(holder_write(lock, s.dirs.home, "old", 2, "old@there"), 0);
	close(lock);
	status_facts(&s.dirs, &facts);
	assert_string_equal(facts.run, "");
	assert_string_equal(facts.user, "");
	assert_int_equal(facts.loaded_count, 0);
}

static void the_lock_holder_is_named(void **state)
{
	outpost_Status facts = { 0 };
	struct holder holder;
	int lock = holder_take(&s.dirs, &holder);

	(void)state;
	assert_int_equal(holder_write(lock, s.dirs.home, "run-1", 2, "ann@laptop"), 0);
	status_facts(&s.dirs, &facts);
	close(lock);
	assert_string_equal(facts.run, "run-1");
	assert_string_equal(facts.user, "ann@laptop");
	assert_true(facts.since > 1700000000);
}

static void modules_of_the_kernel_are_not_listed(void **state)
{
	outpost_Status facts = { 0 };

	(void)state;
	put_modules("hello 12288 0 - Live 0x0000000000000000 (OE)\n"
		    "xfs 2138112 1 - Live 0x0000000000000000\n"
		    "wifi 100 0 - Live 0x0000000000000000 (C)\n"
		    "nvidia 100 3 a,b, Live 0x0000000000000000 (POE)\n"
		    "going 100 0 - Unloading 0x0000000000000000 (O-)\n");
	status_facts(&s.dirs, &facts);
	assert_int_equal(facts.loaded_count, 3);
	assert_string_equal(facts.loaded[0], "hello");
	assert_string_equal(facts.loaded[1], "nvidia");
	assert_string_equal(facts.loaded[2], "going");
	assert_int_equal(facts.more, 0);
}

static void many_modules_are_counted(void **state)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	outpost_Status facts = { 0 };

	(void)state;
	for (int i = 0; i < 100; i++)
		strbuf_addf(&text, "module_%d 1 0 - Live 0x0 (O)\n", i);
	put_modules(text.buf);
	status_facts(&s.dirs, &facts);
	assert_int_equal(facts.loaded_count, 32);
	assert_int_equal(facts.more, 68);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(who_finds_the_board_busy_removes_nothing),
		TEST(a_run_that_begins_makes_room_and_keeps_its_own),
		TEST(a_run_that_goes_on_keeps_its_journal),
		TEST(what_is_missing_is_asked_for_once),
		TEST(a_run_that_has_ended_does_not_begin_again),
		TEST(a_free_board_has_no_lock_holder),
		TEST(the_lock_holder_is_named),
		TEST(modules_of_the_kernel_are_not_listed),
		TEST(many_modules_are_counted),
	};

	if (argc > 1 && strcmp(argv[1], "supervise") == 0)
		return 0; /* a Start runs this program */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
