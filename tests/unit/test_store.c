// SPDX-License-Identifier: GPL-2.0-only
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/strv.h"
#include "host/report/out.h"
#include "host/base/paths.h"
#include "host/store/store.h"
#include "sample_run.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#define RUN_A "20260102-150405-1a2b3c"
#define RUN_B "20260102-150406-1affff"
#define RUN_C "20260103-000000-c0ffee"

/* Each test has its own state folder. */
static int set_up(void **state)
{
	char *dir = xstrdup("/tmp/outpost-test-XXXXXX");

	if (!mkdtemp(dir))
		return -1;
	setenv("XDG_STATE_HOME", dir, 1);
	*state = dir;
	return 0;
}

static int tear_down(void **state)
{
	int r = fs_remove_tree(*state);

	free(*state);
	return r;
}

static struct store *open_store(void)
{
	struct store *store = NULL;
	int r = store_open(&store);

	if (r < 0)
		fail_msg("store_open: %s", strerror(-r));
	return store;
}

static void finish(struct store *store, const char *id, long long started_s)
{
	struct run_result run;
	json_t *document;

	sample_run(&run, id);
	run.started_s = started_s;
	document = out_test_json(&run);
	assert_int_equal(store_finish(store, &run, document), 0);
	json_decref(document);
	run_result_release(&run);
}

static void test_new_run(void **state)
{
	_cleanup_free_ char *a = store_new_run(), *b = store_new_run(), *dir = NULL;

	(void)state;
	assert_int_equal(strlen(a), strlen(RUN_A));
	assert_true(path_is_plain_name(a));
	assert_string_not_equal(a, b);
	dir = store_run_dir(a);
	assert_non_null(dir);
	assert_true(fs_is_dir(dir));
	assert_null(store_run_dir("../../etc"));
}

/* A run is open, then finished, and still there when the store is opened again. */
static void test_life_of_a_run(void **state)
{
	_cleanup_strv_ char **open = NULL, **other = NULL, **after = NULL, **boards = NULL;
	struct store *store = open_store();
	struct run_result run;
	json_t *document;

	(void)state;
	assert_int_equal(store_begin(store, RUN_B, "vm", 200), 0);
	assert_int_equal(store_begin(store, RUN_A, "vm", 100), 0);
	assert_int_equal(store_begin(store, RUN_C, "pi", 50), 0);
	assert_int_equal(store_open_runs(store, "vm", &open), 0);
	assert_int_equal(strv_length(open), 2);
	assert_string_equal(open[0], RUN_A);
	assert_string_equal(open[1], RUN_B);
	assert_int_equal(store_open_runs(store, "nowhere", &other), 0);
	assert_int_equal(strv_length(other), 0);
	assert_int_equal(store_open_boards(store, &boards), 0);
	assert_int_equal(strv_length(boards), 2);
	assert_string_equal(boards[0], "pi");
	assert_string_equal(boards[1], "vm");
	assert_int_equal(store_get(store, RUN_A, &document), -ENOENT);
	finish(store, RUN_A, 100);
	assert_int_equal(store_abandon(store, RUN_B, "the board was created again"), 0);
	store_close(store);

	store = open_store();
	assert_int_equal(store_open_runs(store, "vm", &after), 0);
	assert_int_equal(strv_length(after), 0);
	assert_int_equal(store_get(store, RUN_B, &document), -ENOENT);
	assert_int_equal(store_get(store, RUN_A, &document), 0);
	assert_int_equal(out_test_from_json(document, &run), 0);
	assert_int_equal(run.n, 9);
	json_decref(document);
	run_result_release(&run);
	store_close(store);
}

static void assert_row(const json_t *rows, size_t i, const char *run, const char *state)
{
	const json_t *row = json_array_get(rows, i);

	assert_non_null(row);
	assert_string_equal(json_string_value(json_object_get(row, "run")), run);
	assert_string_equal(json_string_value(json_object_get(row, "state")), state);
}

/* A result wins over giving up, whichever comes first. */
static void test_result_wins(void **state)
{
	struct store *store = open_store();
	json_t *document, *rows;

	(void)state;
	assert_int_equal(store_begin(store, RUN_A, "vm", 1), 0);
	finish(store, RUN_A, 1);
	assert_int_equal(store_abandon(store, RUN_A, "too late"), 0);
	assert_int_equal(store_get(store, RUN_A, &document), 0);
	json_decref(document);
	assert_int_equal(store_begin(store, RUN_B, "vm", 1), 0);
	assert_int_equal(store_abandon(store, RUN_B, "not found"), 0);
	finish(store, RUN_B, 1);
	assert_int_equal(store_get(store, RUN_B, &document), 0);
	json_decref(document);
	assert_int_equal(store_list(store, NULL, 0, &rows), 0);
	assert_row(rows, 0, RUN_B, "finished");
	assert_row(rows, 1, RUN_A, "finished");
	json_decref(rows);
	assert_true(store_begin(store, RUN_A, "vm", 1) < 0);
	store_close(store);
}

/* Known results of an open run are shown, and its end is still collected. */
static void test_results_of_an_open_run(void **state)
{
	_cleanup_strv_ char **open = NULL;
	struct store *store = open_store();
	struct run_result run;
	json_t *document, *again;

	(void)state;
	sample_run(&run, RUN_A);
	run.open = run.cancelled = true;
	document = out_test_json(&run);
	assert_int_equal(store_begin(store, RUN_A, "vm", 1), 0);
	assert_int_equal(store_finish(store, &run, document), 0);
	assert_int_equal(store_open_runs(store, "vm", &open), 0);
	assert_int_equal(strv_length(open), 1);
	assert_int_equal(store_get(store, RUN_A, &again), 0);
	json_decref(document);
	json_decref(again);
	run_result_release(&run);
	store_close(store);
}

static void test_list(void **state)
{
	struct store *store = open_store();
	json_t *rows, *first;

	(void)state;
	finish(store, RUN_A, 1767366245);
	assert_int_equal(store_begin(store, RUN_B, "vm", 1767366246), 0);
	assert_int_equal(store_begin(store, RUN_C, "pi", 1767398400), 0);
	assert_int_equal(store_abandon(store, RUN_C, "it was lost"), 0);
	assert_int_equal(store_list(store, NULL, 0, &rows), 0);
	assert_int_equal(json_array_size(rows), 3);
	assert_row(rows, 0, RUN_C, "abandoned");
	assert_row(rows, 1, RUN_B, "open");
	assert_row(rows, 2, RUN_A, "finished");
	first = json_array_get(rows, 2);
	assert_string_equal(json_string_value(json_object_get(first, "started")),
			    "2026-01-02T15:04:05Z");
	assert_int_equal(
		json_integer_value(json_object_get(json_object_get(first, "summary"), "pass")), 2);
	assert_true(json_is_null(json_object_get(json_array_get(rows, 1), "summary")));
	json_decref(rows);
	assert_int_equal(store_list(store, "vm", 1, &rows), 0);
	assert_int_equal(json_array_size(rows), 1);
	assert_row(rows, 0, RUN_B, "open");
	json_decref(rows);
	store_close(store);
}

static void test_find(void **state)
{
	static const struct {
		const char *word, *run;
		int r;
	} rows[] = {
		{ RUN_A, RUN_A, 0 },       { "20260102-150405", RUN_A, 0 },
		{ "20260103", RUN_C, 0 },  { "1a2", RUN_A, 0 },
		{ "c", RUN_C, 0 },         { "last", RUN_B, 0 },
		{ "1a", NULL, -ENOTUNIQ }, { "2026", NULL, -ENOTUNIQ },
		{ "", NULL, -ENOENT },     { "nothing", NULL, -ENOENT },
		{ "%", NULL, -ENOENT },    { "' OR 1 --", NULL, -ENOENT },
	};
	struct store *store = open_store();

	(void)state;
	assert_int_equal(store_begin(store, RUN_A, "vm", 1), 0);
	finish(store, RUN_B, 2);
	assert_int_equal(store_begin(store, RUN_C, "vm", 3), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *run = NULL;
		int r = store_find(store, rows[i].word, &run);

		if (r != rows[i].r || (run && strcmp(run, rows[i].run) != 0))
			fail_msg("'%s': %d, %s", rows[i].word, r, run ? run : "nothing");
	}
	store_close(store);
}

/* Two runs may begin in the same second: the last one is the one entered last, whatever its id. */
static void test_last_of_one_second(void **state)
{
	struct store *store = open_store();
	_cleanup_free_ char *run = NULL;
	json_t *rows;

	(void)state;
	finish(store, RUN_C, 7);
	finish(store, RUN_A, 7);
	finish(store, RUN_B, 6);
	assert_int_equal(store_find(store, "last", &run), 0);
	assert_string_equal(run, RUN_A);
	assert_int_equal(store_list(store, NULL, 0, &rows), 0);
	assert_row(rows, 0, RUN_A, "finished");
	assert_row(rows, 1, RUN_C, "finished");
	json_decref(rows);
	store_close(store);
}

static void user(int number, int n)
{
	struct store *store = NULL;

	if (store_open(&store) < 0)
		_exit(1);
	for (int i = 0; i < n; i++) {
		_cleanup_free_ char *run = xasprintf("run-%d-%d", number, i);

		if (store_begin(store, run, "vm", i) < 0)
			_exit(2);
	}
	store_close(store);
	_exit(0);
}

/* Several users at once: no runs are lost. */
static void test_many_users(void **state)
{
	enum { USERS = 8, RUNS = 25 };
	_cleanup_strv_ char **open = NULL;
	pid_t pids[USERS];
	struct store *store;

	(void)state;
	for (int i = 0; i < USERS; i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			user(i, RUNS);
	}
	for (int i = 0; i < USERS; i++) {
		int status;

		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		if (status != 0)
			fail_msg("user %d ended with 0x%x", i, status);
	}
	store = open_store();
	assert_int_equal(store_open_runs(store, "vm", &open), 0);
	assert_int_equal(strv_length(open), USERS * RUNS);
	store_close(store);
}

static void wait_and_open(int gate)
{
	struct store *store = NULL;
	char c;

	(void)!read(gate, &c, 1);
	_exit(store_open(&store) < 0);
}

static int open_at_once(int users)
{
	int gate[2], status, failed = 0;

	assert_int_equal(pipe(gate), 0);
	for (int i = 0; i < users; i++) {
		if (fork() == 0) {
			close(gate[1]);
			wait_and_open(gate[0]);
		}
	}
	close(gate[0]);
	usleep(10000);
	close(gate[1]); /* releases all of them */
	for (int i = 0; i < users && wait(&status) > 0; i++)
		failed += status != 0;
	return failed;
}

/* SQLite itself does not wait when it changes to WAL mode. */
static void test_first_users(void **state)
{
	int failed = 0;

	for (int round = 0; round < 30; round++) {
		_cleanup_free_ char *dir = xasprintf("%s/%d", (char *)*state, round);

		setenv("XDG_STATE_HOME", dir, 1);
		failed += open_at_once(12);
	}
	assert_int_equal(failed, 0);
}

/* Enters runs until it is killed, and reports each one. */
static void enter_for_ever(int said)
{
	struct store *store = NULL;

	if (store_open(&store) < 0)
		_exit(1);
	for (int i = 0;; i++) {
		_cleanup_free_ char *run = xasprintf("%d-%d", (int)getpid(), i);

		if (store_begin(store, run, "vm", i) < 0 || write(said, &i, sizeof(i)) != sizeof(i))
			_exit(2);
	}
}

static int kill_in_the_middle(int after_ms)
{
	int said[2], n = 0, last, status;
	pid_t pid;

	assert_int_equal(pipe(said), 0);
	pid = fork();
	if (pid == 0)
		enter_for_ever(said[1]);
	close(said[1]);
	usleep((useconds_t)after_ms * 1000);
	kill(pid, SIGKILL);
	while (read(said[0], &last, sizeof(last)) == sizeof(last))
		n++;
	close(said[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	return n;
}

/* Every entered run is there, and the file is intact, wherever the process was killed. */
static void test_killed(void **state)
{
	_cleanup_strv_ char **open = NULL;
	struct store *store;
	size_t entered = 0, found;

	(void)state;
	for (int i = 0; i < 10; i++)
		entered += (size_t)kill_in_the_middle(5 + 7 * i);
	store = open_store();
	assert_int_equal(store_open_runs(store, "vm", &open), 0);
	found = strv_length(open);
	if (!entered || found < entered || found > entered + 10)
		fail_msg("%zu runs were entered, %zu found", entered, found);
	store_close(store);
}

static char *database(void)
{
	return path_state("results.db", NULL);
}

static void write_file(const char *path, const char *text)
{
	assert_int_equal(fs_write_atomic(path, text, strlen(text), 0600), 0);
}

static void test_not_a_database(void **state)
{
	_cleanup_free_ char *path = database();
	struct store *store = open_store();

	(void)state;
	store_close(store);
	write_file(path,
		   "this is not a database, but it is long enough to be read as one..........."
		   "..........................................................");
	store = NULL;
	assert_int_equal(store_open(&store), -EUCLEAN);
	assert_null(store);
}

/* Garbage in its pages, which is noticed only when they are read. */
static void test_damaged_page(void **state)
{
	_cleanup_free_ char *path = database(), *garbage = xmalloc(1 << 20);
	_cleanup_close_ int fd = -1;
	struct store *store = open_store();
	json_t *rows = NULL;
	int r;

	(void)state;
	for (int i = 0; i < 20; i++) {
		_cleanup_free_ char *run = xasprintf("20260102-150405-0000%02x", (unsigned int)i);

		finish(store, run, i);
	}
	store_close(store); /* the last one to close it writes everything to the file */
	memset(garbage, 0x5a, 1 << 20);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(pwrite(fd, garbage, 64 * 1024, 4096) == 64 * 1024);
	store = NULL;
	r = store_open(&store);
	if (r == 0) {
		r = store_list(store, NULL, 0, &rows);
		store_close(store);
	}
	assert_int_equal(r, -EUCLEAN);
}

static void test_newer_version(void **state)
{
	_cleanup_free_ char *path = database();
	struct store *store = open_store();
	sqlite3 *db;

	(void)state;
	store_close(store);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "PRAGMA user_version = 99", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	store = NULL;
	assert_int_equal(store_open(&store), -EPROTONOSUPPORT);
}

/* A database of version 1, with a run, gets the table of outages and keeps the run. */
static void test_older_version(void **state)
{
	_cleanup_free_ char *path = database();
	struct store *store = open_store();
	struct tunnel_outage *found;
	json_t *rows;
	sqlite3 *db;
	size_t n;

	(void)state;
	finish(store, RUN_A, 7);
	store_close(store);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(db, "DROP TABLE outage; PRAGMA user_version = 1", NULL, NULL, NULL),
		SQLITE_OK);
	sqlite3_close(db);
	store = open_store();
	assert_int_equal(store_list(store, NULL, 0, &rows), 0);
	assert_row(rows, 0, RUN_A, "finished");
	json_decref(rows);
	assert_int_equal(store_outages(store, "pi", 10, &found, &n), 0);
	assert_int_equal(n, 0);
	store_close(store);
}

/* They are entered once, found with the newest first, and bounded for each board. */
static void test_outages(void **state)
{
	const struct tunnel_outage two[] = {
		{ 1000, 1500, TUNNEL_CLOSED, "path", "wlan0 became eth0" },
		{ 9000, 9900, TUNNEL_LOST, "", "" },
	};
	struct tunnel_outage many[STORE_OUTAGES] = { 0 }, *found;
	struct store *store = open_store();
	size_t n;

	(void)state;
	assert_int_equal(store_add_outages(store, "pi", two, 2), 0);
	assert_int_equal(store_add_outages(store, "pi", two, 2), 0);
	assert_int_equal(store_add_outages(store, "other", two, 1), 0);
	assert_int_equal(store_add_outages(store, "pi", NULL, 0), 0);
	assert_int_equal(store_outages(store, "pi", 10, &found, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(found[0].start_ms, 9000);
	assert_int_equal(found[0].seen, TUNNEL_LOST);
	assert_int_equal(found[1].end_ms, 1500);
	assert_int_equal(found[1].seen, TUNNEL_CLOSED);
	assert_string_equal(found[1].cause, "path");
	assert_string_equal(found[1].text, "wlan0 became eth0");
	free(found);
	for (size_t i = 0; i < STORE_OUTAGES; i++)
		many[i].start_ms = many[i].end_ms = (int64_t)i + 5000;
	assert_int_equal(store_add_outages(store, "pi", many, STORE_OUTAGES), 0);
	assert_int_equal(store_outages(store, "pi", 2 * STORE_OUTAGES, &found, &n), 0);
	assert_int_equal(n, STORE_OUTAGES);
	assert_int_equal(found[0].start_ms, 9000);
	assert_int_equal(found[n - 1].start_ms, 5001);
	free(found);
	assert_int_equal(store_outages(store, "other", 10, &found, &n), 0);
	assert_int_equal(n, 1);
	free(found);
	store_close(store);
}

static void test_no_folder(void **state)
{
	_cleanup_free_ char *file = path_join(*state, "file", NULL);
	struct store *store = NULL;

	write_file(file, "in the way");
	setenv("XDG_STATE_HOME", file, 1);
	assert_int_equal(store_open(&store), -ENOTDIR);
	assert_null(store);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_new_run),
		TEST(test_life_of_a_run),
		TEST(test_result_wins),
		TEST(test_new_run),
		TEST(test_life_of_a_run),
		TEST(test_results_of_an_open_run),
		TEST(test_list),
		TEST(test_find),
		TEST(test_last_of_one_second),
		TEST(test_many_users),
		TEST(test_first_users),
		TEST(test_killed),
		TEST(test_not_a_database),
		TEST(test_damaged_page),
		TEST(test_newer_version),
		TEST(test_older_version),
		TEST(test_outages),
		TEST(test_no_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
