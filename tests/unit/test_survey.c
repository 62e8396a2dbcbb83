// SPDX-License-Identifier: GPL-2.0-only
/* Asking all boards: each is a fake ssh that plays the board in the mode of its name. */
#include "unit.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "fake_ssh.h"
#include "host/base/paths.h"
#include "host/store/store.h"
#include "host/workflow/survey.h"

static char dir[] = "/tmp/outpost-survey-XXXXXX";

static int set_up(void **state)
{
	(void)state;
	if (fake_setup(dir) < 0)
		return -1;
	setenv("FAKE_MODE", "by-name", 1);
	setenv("XDG_CONFIG_HOME", dir, 1);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	return fs_remove_tree(dir);
}

/* Forgets the boards and what they were asked. */
static int each(void **state)
{
	_cleanup_free_ char *boards = path_configuration("boards", NULL), *log = fake_file("log");

	(void)state;
	unlink(log);
	return fs_remove_tree(boards);
}

static void add_board(const char *name, const char *mode)
{
	const struct board board = { .name = (char *)name, .destination = (char *)mode };

	assert_int_equal(board_add(&board), 0);
}

static const json_t *answer_of(const struct survey *survey, const char *name)
{
	for (size_t i = 0; i < survey->n; i++)
		if (strcmp(survey->list[i].board->name, name) == 0)
			return survey->list[i].answer;
	fail_msg("no board %s", name);
	return NULL;
}

static bool reachable(const struct survey *survey, const char *name)
{
	return json_is_true(json_object_get(answer_of(survey, name), "reachable"));
}

static const char *text(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value ? value : "(none)";
}

static void test_what_a_board_answers(void **state)
{
	_cleanup_(survey_release) struct survey survey = { 0 };
	const json_t *pi, *lock;

	(void)state;
	add_board("pi", "agent");
	assert_int_equal(survey_boards("", NULL, &survey), 0);
	assert_int_equal(survey_ask(&survey, 10000), 0);
	pi = answer_of(&survey, "pi");
	assert_true(reachable(&survey, "pi"));
	assert_string_equal(text(pi, "kernel"), "6.1.0-fake");
	assert_string_equal(text(pi, "boot_id"), "11111111-1111-1111-1111-111111111111");
	lock = json_object_get(pi, "lock");
	assert_string_equal(text(lock, "run"), "20260102-150405-1a2b3c");
	assert_string_equal(text(lock, "user"), "ann@\033[31mlaptop"); /* cleaned when shown */
	assert_int_equal(json_integer_value(json_object_get(lock, "since_s")), 1796000000);
	assert_int_equal(json_array_size(json_object_get(pi, "loaded")), 2);
	assert_string_equal(json_string_value(json_array_get(json_object_get(pi, "loaded"), 0)),
			    "hello");
	assert_int_equal(json_integer_value(json_object_get(pi, "loaded_more")), 5);
}

/* Nothing is installed: an older agent answers what it can, and a missing one is reported. */
static void test_agents_stay_as_they_are(void **state)
{
	_cleanup_(survey_release) struct survey survey = { 0 };

	(void)state;
	add_board("older", "old");
	add_board("none", "missing");
	assert_int_equal(survey_boards("", NULL, &survey), 0);
	assert_int_equal(survey_ask(&survey, 10000), 0);
	assert_true(reachable(&survey, "older"));
	assert_string_equal(text(answer_of(&survey, "older"), "kernel"), "6.1.0-fake");
	assert_null(json_object_get(answer_of(&survey, "older"), "lock"));
	assert_null(json_object_get(answer_of(&survey, "older"), "loaded"));
	assert_false(reachable(&survey, "none"));
	assert_string_equal(text(answer_of(&survey, "none"), "why"), "it has no agent");
	assert_int_equal(fake_count("install "), 0);
}

/* Thirty silent boards take as long as one, and the others answer meanwhile. */
static void test_silent_boards_do_not_delay(void **state)
{
	_cleanup_(survey_release) struct survey survey = { 0 };
	long long began_ms = monotonic_ms(), took_ms;

	(void)state;
	for (int i = 0; i < 30; i++) {
		char name[16];

		snprintf(name, sizeof(name), "silent-%d", i);
		add_board(name, "silent");
	}
	add_board("pi", "agent");
	add_board("down", "refused");
	add_board("hostile", "floods-forever");
	add_board("talks", "only-noise");
	assert_int_equal(survey_boards("", NULL, &survey), 0);
	assert_int_equal(survey_ask(&survey, 2000), 0);
	took_ms = monotonic_ms() - began_ms;
	print_message("%zu boards took %lld ms\n", survey.n, took_ms);
	assert_true(took_ms < 9000);
	assert_true(reachable(&survey, "pi"));
	assert_false(reachable(&survey, "silent-17"));
	assert_non_null(
		strstr(text(answer_of(&survey, "silent-17"), "why"), "no answer within 2000 ms"));
	assert_string_equal(text(answer_of(&survey, "down"), "why"), "the connection was refused");
	assert_false(reachable(&survey, "hostile") &&
		     json_object_get(answer_of(&survey, "hostile"), "lock"));
	assert_non_null(strstr(text(answer_of(&survey, "talks"), "why"), "printed text"));
}

static void test_one_board(void **state)
{
	_cleanup_(survey_release) struct survey survey = { 0 };

	(void)state;
	add_board("pi", "agent");
	add_board("other", "silent");
	assert_int_equal(survey_boards("", "pi", &survey), 0);
	assert_int_equal(survey.n, 1);
	assert_string_equal(survey.list[0].board->name, "pi");
}

/* --- a gateway ---------------------------------------------------------------------------- */

static void write_below(const char *root, const char *path, const char *content)
{
	_cleanup_free_ char *file = xasprintf("%s%s", root, path), *parent = xstrdup(file);

	*strrchr(parent, '/') = '\0';
	assert_int_equal(fs_mkdir_p(parent, 0755), 0);
	assert_int_equal(fs_write_atomic(file, content, strlen(content), 0644), 0);
}

static void test_boards_of_the_gateway(void **state)
{
	_cleanup_(survey_release) struct survey survey = { 0 };
	_cleanup_free_ char *root = xasprintf("%s/gateway", dir), *now = NULL;

	(void)state;
	now = xasprintf("state=down\nreason=lost\nsince=1\nwritten=%lld\n",
			(long long)tunnel_now_ms());
	write_below(root, "/var/lib/outpost/boards/board-garden/s/x", "");
	write_below(root, "/var/lib/outpost/boards/board-pi/s/x", "");
	write_below(root, "/var/lib/outpost/boards/other/s/x", "");
	write_below(root, "/run/outpost/status/garden", now);
	add_board("pi", "agent");
	assert_int_equal(survey_boards(root, NULL, &survey), 0);
	assert_int_equal(survey.n, 2);
	assert_string_equal(survey.list[0].board->name, "garden");
	assert_string_equal(survey.list[0].board->destination, "garden");
	assert_true(survey.list[0].of_gateway);
	assert_int_equal(survey.list[0].seen, TUNNEL_SEEN_NOW);
	assert_false(survey.list[0].tunnel.up);
	/* The user's own entry says how to reach a board of the same name. */
	assert_string_equal(survey.list[1].board->destination, "agent");
	assert_true(survey.list[1].of_gateway);
	assert_int_equal(survey.list[1].seen, TUNNEL_SEEN_NEVER);
}

static void test_last_runs(void **state)
{
	_cleanup_(survey_release) struct survey survey = { 0 };
	_cleanup_(store_closep) struct store *store = NULL;

	(void)state;
	add_board("pi", "agent");
	add_board("new", "agent");
	assert_int_equal(store_open(&store), 0);
	assert_int_equal(store_begin(store, "20260102-150405-1a2b3c", "pi", 100), 0);
	assert_int_equal(store_begin(store, "20260102-150406-1a2b3c", "pi", 200), 0);
	assert_int_equal(survey_boards("", NULL, &survey), 0);
	assert_int_equal(survey_add_runs(&survey), 0);
	assert_string_equal(survey.list[0].board->name, "new");
	assert_null(survey.list[0].last);
	assert_string_equal(text(survey.list[1].last, "run"), "20260102-150406-1a2b3c");
	assert_string_equal(text(survey.list[1].last, "state"), "open");
}

#define TEST(name) cmocka_unit_test_setup(name, each)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_a_board_answers),       TEST(test_agents_stay_as_they_are),
		TEST(test_silent_boards_do_not_delay), TEST(test_one_board),
		TEST(test_boards_of_the_gateway),      TEST(test_last_runs),
	};

	fake_start(argc, argv, NULL);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
