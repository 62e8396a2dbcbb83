// SPDX-License-Identifier: GPL-2.0-only
/* A board that went quiet: what the host tries, and how it finds out what happened. */
#include "unit.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/process.h"
#include "host/board/last_seen.h"
#include "host/run/internal.h"
#include "host/judge/verdict.h"
#include "host/base/paths.h"
#include "journal.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const hello[] = { "hello", NULL };

/* --- a run, and what is heard of it --------------------------------------------------------- */

#define BEGIN_MS 100000

static long long clock_ms;

static long long now_ms(void)
{
	return clock_ms;
}

static struct module modules[] = { { .name = (char *)"hello" }, { .name = (char *)"second" } };
static struct module *pointers[] = { &modules[0], &modules[1] };
static struct module_list module_list = { pointers, 2 };
static struct board board = { .name = (char *)"pi" };
static struct run_request request = {
	.board = &board, .return_ms = 2000, .modules = &module_list, .now_ms = now_ms
};

/* Starts a process that follows the run; reads the existing journal. */
static void begin(struct run *run)
{
	static struct session *none;

	run_begin(run, &request, &none, "20260102-150405-1a2b3c", NULL);
	assert_int_equal(run_journal_open(run->journal), 0);
}

/* It goes away. */
static void leave(struct run *run)
{
	run->plan = (struct plan){ 0 };
	run_release(run);
}

static void end(struct run *run)
{
	_cleanup_free_ char *run_dir = xstrdup(run_journal_dir(run->journal));

	leave(run);
	assert_int_equal(fs_remove_tree(run_dir), 0);
}

/* An entry arrives from the board. */
static void hear(struct run *run, const outpost_Entry *entry)
{
	uint8_t bytes[PROTO_BUFFER];
	ssize_t n = proto_pack(FRAME_ENTRY, outpost_Entry_fields, entry, bytes);
	struct frame frame;

	assert_int_equal(frame_parse(bytes, (size_t)n, &frame), 1);
	assert_int_equal(run_journal_add(run->journal, &frame), 0);
}

static void hear_all(struct run *run, const struct journal *j, size_t from)
{
	for (size_t i = from; i < j->n; i++)
		hear(run, &j->entries[i]);
}

static const struct evidence *attempt(const struct run *run, size_t i)
{
	return run_evidence(run)->items[i];
}

/* The board answers again now, in another boot that began `down_ms` after its last sign of life. */
static void comes_back(struct run *run, int down_ms)
{
	outpost_Welcome welcome = { .uptime_s = 10 };
	long long alive_ms = clock_ms;

	proto_set(welcome.boot_id, JOURNAL_OTHER_BOOT);
	clock_ms += down_ms + welcome.uptime_s * 1000;
	run_recovery_note_reboot(run->recovery, &welcome, alive_ms);
}

int __wrap_vm_reset(const char *name, int timeout_ms);

/* Called in place of vm_reset(), see the Makefile. */
int __wrap_vm_reset(const char *name, int timeout_ms)
{
	assert_int_equal(timeout_ms, 0);
	return strcmp(name, "pi") == 0 ? 0 : -ENODEV;
}

/* We reset the board, this long after the last entry before the link was cut. */
static void is_reset_after(struct run *run, int seconds)
{
	board.is_vm = true;
	clock_ms = BEGIN_MS + seconds * 1000;
	assert_true(run_recovery_power_cycle(run->recovery));
	board.is_vm = false;
}

static void was_reset(struct run *run, int seconds)
{
	is_reset_after(run, seconds);
	comes_back(run, 5000);
}

/* A sign of life, this long after the last entry by the board's clock. */
static void lives_on(struct run *run, int seconds)
{
	outpost_Entry alive = { .which_body = outpost_Entry_alive_tag,
				.time_us =
					run_evidence(run)->last_us + (uint64_t)seconds * 1000000 };

	hear(run, &alive);
}

static void plan_hello(struct journal *j)
{
	journal_plan(j, hello);
	journal_boot(j, JOURNAL_BOOT);
	journal_module(j, 0, 1, NULL);
}

/* A run that ended, without anybody knowing yet. */
static void ended_well(struct run *run, struct journal *j)
{
	clock_ms = BEGIN_MS;
	begin(run);
	plan_hello(j);
	journal_end(j);
	hear_all(run, j, 0);
}

/* A run whose link was cut during the test of its module, `silent_ms` after the last entry. */
static void cut_in_test(struct run *run, struct journal *j, int silent_ms)
{
	clock_ms = BEGIN_MS;
	begin(run);
	plan_hello(j);
	journal_die_in(j, outpost_Step_TESTING);
	hear_all(run, j, 0);
	clock_ms += silent_ms;
	run_recovery_note_cut(run->recovery);
}

/* The journal of the previous boot is complete. */
static void tell_apart(struct run *run)
{
	run_recovery_tell_apart(run->recovery, run_standing_has_ended(run->standing), false);
}

static void judge(struct run *run, struct run_result *result)
{
	static int index[] = { 0, 1 };
	const struct evidence_list *list = run_evidence(run);

	module_list.n = list->n_modules;
	run->plan = (struct plan){ .modules = list->modules,
				   .n = list->n_modules,
				   .n_asked = list->n_modules,
				   .index = index };
	run_judge(run, result);
}

static void expect(struct run *run, enum verdict verdict, const char *rule, const char *words)
{
	_cleanup_(run_result_release) struct run_result all = { 0 };
	_cleanup_free_ char *summary = NULL;
	const struct result *result;

	judge(run, &all);
	result = &all.results[0];
	summary = result_summary(result);
	if (result->verdict != verdict || strcmp(result->rule, rule) != 0 ||
	    !strstr(summary, words))
		fail_msg("%s by %s: %s", verdict_name(result->verdict), result->rule, summary);
	end(run);
}

/* --- the hook ----------------------------------------------------------------------- */

/* What the host reports to have tried if the board stays away; NULL: nothing. */
static void expect_tried(struct run *run, const char *words)
{
	const char *tried;

	run_recovery_tell_apart(run->recovery, false, true);
	tried = attempt(run, 0)->host.tried;
	if (words ? !tried || !strstr(tried, words) : tried != NULL)
		fail_msg("'%s' is not in '%s'", words ? words : "(nothing)",
			 tried ? tried : "(nothing)");
	end(run);
}

static void hook(const char *command, bool works, const char *tried)
{
	_cleanup_free_ struct journal *j = journal_new();
	struct run run;

	cut_in_test(&run, j, 0);
	board.power_cycle = (char *)command;
	assert_int_equal(run_recovery_power_cycle(run.recovery), works);
	/* Only once each time that the board goes quiet. */
	assert_false(run_recovery_power_cycle(run.recovery));
	board.power_cycle = NULL;
	expect_tried(&run, tried);
}

static void a_hook_is_run_once(void **state)
{
	char file[] = "/tmp/outpost-test-XXXXXX";
	int fd = mkstemp(file);
	_cleanup_free_ char *command = xasprintf("rm '%s'", file);

	(void)state;
	close(fd);
	hook(command, true, "its power was switched off and on (rm '");
	assert_int_equal(access(file, F_OK), -1);
}

static void a_hook_may_fail(void **state)
{
	(void)state;
	hook("false", false, "power-cycle hook failed: it ended with status 1");
	hook("/nonexistent/relay off", false, "failed: No such file or directory");
	hook("sh -c 'kill -9 $$'", false, "failed: it ended with status 137");
	hook("relay 'off", false, "failed: ");
}

static void a_hook_may_hang(void **state)
{
	long long began = monotonic_ms();

	(void)state;
	request.hook_ms = 1000;
	hook("sleep 100", false, "failed: it did not end within 1 s");
	request.hook_ms = 0;
	assert_in_range(monotonic_ms() - began, 900, 30000);
}

static void without_a_hook_nothing_is_tried(void **state)
{
	_cleanup_free_ struct journal *j = journal_new();
	struct run run;

	(void)state;
	cut_in_test(&run, j, 0);
	assert_false(run_recovery_power_cycle(run.recovery));
	expect_tried(&run, NULL);
}

static void a_vm_is_reset(void **state)
{
	_cleanup_free_ struct journal *j = journal_new();
	struct run run;

	(void)state;
	cut_in_test(&run, j, 0);
	is_reset_after(&run, 1);
	expect_tried(&run, "it was reset");
}

/* --- telling apart --------------------------------------------------------------------- */

static void cannot_be_reached(struct run *run)
{
	board.power_cycle = (char *)"false";
	assert_false(run_recovery_power_cycle(run->recovery));
	board.power_cycle = NULL;
	run_standing_end(run->standing, RUN_LOST);
}

static void one_that_rebooted_crashed(void **state)
{
	_cleanup_free_ struct journal *j = journal_new();
	struct run run;

	(void)state;
	cut_in_test(&run, j, 0);
	comes_back(&run, 1000);
	expect(&run, VERDICT_CRASH, "boot", "rebooted by itself while testing hello");
}

static void one_that_the_watchdog_reset_hung(void **state)
{
	_cleanup_free_ struct journal *j = journal_new();
	struct run run;

	(void)state;
	clock_ms = BEGIN_MS;
	begin(&run);
	plan_hello(j);
	journal_first(j, outpost_Entry_boot_tag)->body.boot.watchdog_s = 20;
	journal_die_in(j, outpost_Step_TESTING);
	hear_all(&run, j, 0);
	run_recovery_note_cut(run.recovery);
	comes_back(&run, 19000);
	expect(&run, VERDICT_HANG, "watchdog", "its watchdog (20 s) reset it");
}

static void one_that_was_switched_off_hung(void **state)
{
	_cleanup_free_ struct journal *j = journal_new();
	struct run run;

	(void)state;
	cut_in_test(&run, j, 1000);
	clock_ms += 60000;
	board.power_cycle = (char *)"true relay";
	assert_true(run_recovery_power_cycle(run.recovery));
	board.power_cycle = NULL;
	comes_back(&run, 5000);
	expect(&run, VERDICT_HANG, "watchdog", "its power was switched off and on (true relay)");
}

/* Its journal continues for long after we last heard of it: the link was dead. */
static void one_that_went_on_was_cut_off(void **state)
{
	_cleanup_free_ struct journal *j = journal_new();
	struct run run;

	(void)state;
	cut_in_test(&run, j, 1000);
	was_reset(&run, 40);
	lives_on(&run, 30);
	expect(&run, VERDICT_LOST, "unreachable",
	       "no sign that the board hung while testing hello");
}

/* What it wrote shortly after the cut may be from before it hung. */
static void a_little_later_is_no_sign_of_life(void **state)
{
	_cleanup_free_ struct journal *j = journal_new();
	struct run run;

	(void)state;
	cut_in_test(&run, j, 4000);
	was_reset(&run, 60);
	lives_on(&run, 14);
	expect(&run, VERDICT_HANG, "watchdog", "did not come back by itself: it was reset");
}

/* With --return-timeout 5s: in that time nobody can tell a dead link from a hung board. */
static void a_reset_that_came_too_soon_shows_nothing(void **state)
{
	_cleanup_free_ struct journal *j = journal_new();
	struct run run;

	(void)state;
	cut_in_test(&run, j, 1000);
	was_reset(&run, 5);
	lives_on(&run, 2);
	expect(&run, VERDICT_LOST, "unreachable",
	       "the link to the board died, with no sign that the board hung");
}

/* The times in its journal, which comes later, do not change when the link was cut. */
static void one_that_went_on_and_then_hung(void **state)
{
	_cleanup_free_ struct journal *j = journal_new();
	struct run run;

	(void)state;
	cut_in_test(&run, j, 1000);
	was_reset(&run, 60);
	lives_on(&run, 30);
	expect(&run, VERDICT_HANG, "watchdog", "did not come back by itself: it was reset");
}

static void a_slow_board_is_given_its_time(void **state)
{
	struct run_request unsaid = { .now_ms = now_ms };
	struct run_journal *journal = run_journal_new(&unsaid, "run");
	struct run_recovery *rec = run_recovery_new(&unsaid, journal);
	struct board slow = { .name = (char *)"slow", .power_cycle = (char *)"true" };

	(void)state;
	unsaid.board = &slow;
	assert_int_equal(run_recovery_return_ms(rec), RUN_RETURN_MS);
	last_seen_set_return_ms(slow.name, 5000);
	assert_int_equal(run_recovery_return_ms(rec), RUN_RETURN_MS);
	last_seen_set_return_ms(slow.name, 40000);
	assert_int_equal(run_recovery_return_ms(rec), 120000);
	/* One fast boot does not make it a fast board. */
	last_seen_set_return_ms(slow.name, 5000);
	assert_int_equal(run_recovery_return_ms(rec), 90000);
	unsaid.return_ms = 3000; /* the user's setting counts */
	assert_int_equal(run_recovery_return_ms(rec), 3000);
	assert_true(run_recovery_power_cycle(rec)); /* but a boot takes the time that it takes */
	assert_int_equal(run_recovery_return_ms(rec), 90000);
	run_recovery_free(rec);
	run_journal_free(journal);
}

/* A supervisor that can no longer write stops after the current repetition. */
static void repetitions_make_nobody_wait_longer(void **state)
{
	outpost_PlanModule m = { .load_ms = 1000, .test_ms = 2000, .unload_ms = 300 };
	struct evidence_list list = { .modules = &m, .n_modules = 1 };

	(void)state;
	for (uint32_t repeat = 1; repeat <= 1000; repeat += 999) {
		list.plan.repeat = repeat;
		assert_int_equal(run_quiet_ms(&request, &list), RUN_PATIENCE_MS + 3300 + 300);
	}
}

static void expect_of(const struct run *run, size_t i, enum verdict verdict, const char *words)
{
	const struct evidence *e = attempt(run, i);
	_cleanup_free_ char *summary = NULL;
	struct result result;

	verdict_judge(e, 0, &result);
	summary = result_summary(&result);
	if (result.verdict != verdict || !strstr(summary, words))
		fail_msg("%s: %s by %s: %s", e->plan.name, verdict_name(result.verdict),
			 result.rule, summary);
	result_release(&result);
}

static void die_in_test_of_the_last(struct journal *j)
{
	do
		j->n--;
	while (j->entries[j->n].which_body != outpost_Entry_step_end_tag ||
	       j->entries[j->n].body.step_end.step != outpost_Step_TESTING);
}

static const char *const both[] = { "hello", "second", NULL };

/*
 * The link is cut during the test of the first module; the board is at the second one when it
 * goes down.
 */
static void goes_on_to_the_second(struct run *run, struct journal *j, bool lives)
{
	size_t heard = 0;

	clock_ms = BEGIN_MS;
	begin(run);
	journal_plan(j, both);
	journal_boot(j, JOURNAL_BOOT);
	journal_module(j, 0, 1, NULL);
	do
		hear(run, &j->entries[heard]);
	while (j->entries[heard++].which_body != outpost_Entry_state_tag);
	run_recovery_note_cut(run->recovery);
	was_reset(run, lives ? 40 : 60);
	journal_module(j, 1, 1, NULL);
	die_in_test_of_the_last(j);
	hear_all(run, j, heard);
	if (lives)
		lives_on(run, 30);
	tell_apart(run);
}

/* The reset must not be blamed on the module that the board was at by then. */
static void a_reset_is_nobodys_crash(void **state)
{
	_cleanup_free_ struct journal *j = journal_new();
	struct run run;

	(void)state;
	goes_on_to_the_second(&run, j, true);
	expect_of(&run, 0, VERDICT_PASS, "loaded");
	expect_of(&run, 1, VERDICT_LOST, "no sign that the board hung while testing second");
	end(&run);
}

/* We last heard of it in the first module, but its journal ends in the second. */
static void the_one_it_hung_in_is_named(void **state)
{
	_cleanup_free_ struct journal *j = journal_new();
	struct run run;

	(void)state;
	goes_on_to_the_second(&run, j, false);
	expect_of(&run, 0, VERDICT_PASS, "loaded");
	expect_of(&run, 1, VERDICT_HANG, "did not come back by itself: it was reset");
	end(&run);
}

/* Collected the day after: no module is to blame for a reboot since. */
static void a_reboot_after_the_end_is_no_crash(void **state)
{
	_cleanup_free_ struct journal *j = journal_new();
	struct run run;

	(void)state;
	ended_well(&run, j);
	comes_back(&run, 1000);
	expect(&run, VERDICT_PASS, "", "loaded");
}

/* It ended well, but could be reached only after a reset. */
static void one_that_ended_out_of_reach_is_no_pass(void **state)
{
	_cleanup_free_ struct journal *j = journal_new();
	struct run run;

	(void)state;
	ended_well(&run, j);
	run_recovery_note_cut(run.recovery);
	was_reset(&run, 60);
	expect(&run, VERDICT_LOST, "unreachable", "the link to it died; it was reset");
}

/* The link dies again while the journal arrives: what brought the board back is not forgotten. */
static void a_second_cut_changes_nothing(void **state)
{
	_cleanup_free_ struct journal *j = journal_new();
	struct run run;

	(void)state;
	cut_in_test(&run, j, 1000);
	was_reset(&run, 60);
	run_recovery_note_cut(run.recovery);
	expect(&run, VERDICT_HANG, "watchdog", "did not come back by itself: it was reset");
}

/* The hook has returned, but the power is still on: the board that answers is in the old boot. */
static void a_reset_that_comes_late_is_still_ours(void **state)
{
	_cleanup_free_ struct journal *j = journal_new();
	struct run run;

	(void)state;
	cut_in_test(&run, j, 1000);
	run_recovery_note_stuck(run.recovery);
	is_reset_after(&run, 60);
	run_recovery_note_cut(run.recovery);
	clock_ms += 1000;
	lives_on(&run, 1); /* it may even make progress */
	run_recovery_note_cut(run.recovery);
	comes_back(&run, 5000);
	expect(&run, VERDICT_HANG, "watchdog", "did not come back by itself: it was reset");
}

/* It ran for longer than a boot takes: if it goes down then, that has another cause. */
static void a_reset_that_came_to_nothing_is_forgotten(void **state)
{
	_cleanup_free_ struct journal *j = journal_new();
	struct run run;

	(void)state;
	cut_in_test(&run, j, 1000);
	run_recovery_note_stuck(run.recovery);
	is_reset_after(&run, 60);
	clock_ms += 11 * 60 * 1000;
	lives_on(&run, 1);
	run_recovery_note_cut(run.recovery);
	comes_back(&run, 1000);
	expect(&run, VERDICT_CRASH, "boot", "rebooted by itself while testing hello");
}

/* Being stuck in the first module says nothing about the second. */
static void what_was_told_is_over(void **state)
{
	_cleanup_free_ struct journal *j = journal_new();
	size_t heard;
	struct run run;

	(void)state;
	clock_ms = BEGIN_MS;
	begin(&run);
	journal_plan(j, both);
	journal_boot(j, JOURNAL_BOOT);
	journal_module(j, 0, 1, NULL);
	die_in_test_of_the_last(j);
	hear_all(&run, j, 0);
	run_recovery_note_cut(run.recovery);
	run_recovery_note_stuck(run.recovery);
	was_reset(&run, 60);
	tell_apart(&run);
	expect_of(&run, 0, VERDICT_HANG, "did not come back by itself: it was reset");
	heard = j->n;
	journal_boot(j, JOURNAL_OTHER_BOOT);
	journal_module(j, 1, 1, NULL);
	die_in_test_of_the_last(j);
	clock_ms = BEGIN_MS;
	hear_all(&run, j, heard);
	run_recovery_note_cut(run.recovery);
	was_reset(&run, 40);
	lives_on(&run, 30);
	tell_apart(&run);
	expect_of(&run, 0, VERDICT_HANG, "did not come back by itself: it was reset");
	expect_of(&run, 1, VERDICT_LOST, "no sign that the board hung while testing second");
	end(&run);
}

/* A hook that did not help is reported with the loss. */
static void one_that_never_came_back_is_lost(void **state)
{
	_cleanup_free_ struct journal *j = journal_new();
	struct run run;

	(void)state;
	cut_in_test(&run, j, 0);
	cannot_be_reached(&run);
	expect(&run, VERDICT_LOST, "unreachable", "again in time: its power-cycle hook failed");
}

/* --- the journal alone ------------------------------------------------------------------- */

/* What the host learns about a run with a module in progress, and the verdict for that module. */
struct outcome {
	const char *name;
	void (*learn)(struct run *run);
	enum verdict verdict, rest; /* `rest`: for the module that was not begun */
	const char *rule;
};

static void reboots(struct run *run)
{
	comes_back(run, 1000);
}

static void is_reset_by_its_watchdog(struct run *run)
{
	comes_back(run, 19000);
}

static void is_power_cycled(struct run *run)
{
	was_reset(run, 60);
}

static void was_cut_off(struct run *run)
{
	was_reset(run, 5);
}

static void was_reset_by_another_process(struct run *run)
{
	run_journal_mark(run->journal, MARK_RESET);
	run_recovery_adopt(run->recovery);
	comes_back(run, 1000);
}

static void the_user_interrupts(struct run *run)
{
	process_interrupted = SIGINT;
	run_wait_interrupt(run->wait);
	assert_int_equal(process_interrupted, 0);
}

static void the_user_interrupts_a_lost_one(struct run *run)
{
	the_user_interrupts(run);
	cannot_be_reached(run);
}

static const struct outcome outcomes[] = {
	{ "reboot", reboots, VERDICT_CRASH, VERDICT_ERROR, "boot" },
	{ "watchdog", is_reset_by_its_watchdog, VERDICT_HANG, VERDICT_ERROR, "watchdog" },
	{ "power cycle", is_power_cycled, VERDICT_HANG, VERDICT_ERROR, "watchdog" },
	{ "cut off", was_cut_off, VERDICT_LOST, VERDICT_ERROR, "unreachable" },
	{ "lost", cannot_be_reached, VERDICT_LOST, VERDICT_LOST, "unreachable" },
	{ "reset in vain", was_reset_by_another_process, VERDICT_LOST, VERDICT_ERROR,
	  "unreachable" },
	{ "cancelled", the_user_interrupts, VERDICT_SKIP, VERDICT_SKIP, "" },
	{ "cancelled and lost", the_user_interrupts_a_lost_one, VERDICT_LOST, VERDICT_SKIP,
	  "unreachable" },
};

static void same_result(const struct result *a, const struct result *b, const char *name)
{
	_cleanup_free_ char *as = result_summary(a), *bs = result_summary(b);

	if (a->verdict != b->verdict || strcmp(a->phase, b->phase) != 0 ||
	    strcmp(a->rule, b->rule) != 0 || strcmp(as, bs) != 0)
		fail_msg("%s: %s was judged %s by '%s': %s\nand from the journal alone %s by "
			 "'%s': %s",
			 name, a->module, verdict_name(a->verdict), a->rule, as,
			 verdict_name(b->verdict), b->rule, bs);
}

static void judged_alone_as_lived(const struct outcome *o)
{
	_cleanup_(evidence_list_release) struct evidence_list list = { 0 };
	_cleanup_(run_result_release) struct run_result lived = { 0 };
	_cleanup_free_ struct journal *j = journal_new();
	_cleanup_free_ char *path = NULL;
	struct result alone;
	struct run run;

	clock_ms = BEGIN_MS;
	begin(&run);
	journal_plan(j, both);
	journal_boot(j, JOURNAL_BOOT)->watchdog_s = 20;
	journal_module(j, 0, 1, NULL);
	journal_die_in(j, outpost_Step_TESTING);
	hear_all(&run, j, 0);
	run_recovery_note_cut(run.recovery);
	o->learn(&run);
	judge(&run, &lived);
	path = path_join(run_journal_dir(run.journal), "journal", NULL);
	assert_int_equal(evidence_read(&list, path), 0);
	verdict_judge(list.items[0], 0, &alone);
	if (alone.verdict != o->verdict || strcmp(alone.rule, o->rule) != 0)
		fail_msg("%s: %s by '%s': %s", o->name, verdict_name(alone.verdict), alone.rule,
			 alone.summary.what);
	same_result(&lived.results[0], &alone, o->name);
	assert_int_equal(lived.results[1].verdict, o->rest);
	result_release(&alone);
	end(&run);
}

/* Judging the journal alone gives the same verdicts as the host that wrote it. */
static void judged_from_its_journal_it_is_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++)
		judged_alone_as_lived(&outcomes[i]);
}

/* The host was killed after its note, before the rest was carried out. */
static void judged_again_it_is_the_same(void **state)
{
	_cleanup_free_ struct journal *j = journal_new();
	outpost_Entry boot = { .which_body = outpost_Entry_boot_tag };
	struct run run;
	uint64_t offset;

	(void)state;
	cut_in_test(&run, j, 1000);
	offset = run_journal_offset(run.journal);
	was_reset(&run, 60);
	tell_apart(&run);
	expect_of(&run, 0, VERDICT_HANG, "did not come back by itself: it was reset");
	/* Entries of the new supervisor follow it, and the board counts only its own bytes. */
	run_journal_rewind(run.journal, offset - 10);
	leave(&run);

	begin(&run);
	assert_int_equal(run_journal_offset(run.journal), offset - 10);
	expect_of(&run, 0, VERDICT_HANG, "did not come back by itself: it was reset");
	proto_set(boot.body.boot.boot_id, JOURNAL_OTHER_BOOT);
	hear(&run, &boot);
	expect_of(&run, 0, VERDICT_HANG, "did not come back by itself: it was reset");
	end(&run);
}

/*
 * The host was killed while the board that it had reset was coming back: that reboot is not a
 * crash of the module.
 */
static void a_reset_that_nobody_saw_the_end_of(void **state)
{
	_cleanup_free_ struct journal *j = journal_new();
	struct run run;

	(void)state;
	cut_in_test(&run, j, 1000);
	is_reset_after(&run, 60);
	leave(&run);

	begin(&run);
	run_recovery_adopt(run.recovery);
	comes_back(&run, 1000);
	tell_apart(&run);
	expect_of(&run, 0, VERDICT_LOST, "it was reset, and nobody saw it come back");
	/* The next reboot has another cause. */
	assert_false(run_journal_is_marked(run.journal, MARK_RESET));
	end(&run);
}

static rlim_t journal_size(const struct run *run)
{
	_cleanup_free_ char *path = path_join(run_journal_dir(run->journal), "journal", NULL);
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return (rlim_t)st.st_size;
}

/* Half of it was written when the disk was full; then there is room again. */
static void a_torn_entry_is_taken_back(void **state)
{
	_cleanup_free_ struct journal *j = journal_new();
	outpost_Entry entry = { .which_body = outpost_Entry_recovery_tag };
	struct rlimit whole, limit;
	uint64_t offset;
	struct run run;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	begin(&run);
	plan_hello(j);
	hear_all(&run, j, 0);
	offset = run_journal_offset(run.journal);
	getrlimit(RLIMIT_FSIZE, &whole);
	limit = whole;
	limit.rlim_cur = journal_size(&run) + FRAME_HEADER + 1;
	proto_set(entry.body.recovery.tried, "it was reset");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	run_journal_note(run.journal, &entry);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &whole), 0);
	assert_int_equal(journal_size(&run), offset);
	entry.body.recovery.rebooted = true;
	run_journal_note(run.journal, &entry);
	leave(&run);

	begin(&run);
	assert_int_equal(run_journal_offset(run.journal), offset);
	assert_int_equal(run_evidence(&run)->n, 1);
	assert_true(attempt(&run, 0)->trial.ended);
	assert_true(evidence_rebooted(attempt(&run, 0)));
	end(&run);
}

/* Entries of the host count only in its own copy. */
static void a_board_cannot_say_that_it_was_reset(void **state)
{
	outpost_Entry entry = { .which_body = outpost_Entry_recovery_tag };
	uint8_t bytes[PROTO_BUFFER];
	struct frame frame;
	struct run run;
	ssize_t n;

	(void)state;
	begin(&run);
	proto_set(entry.body.recovery.tried, "it was reset");
	n = proto_pack(FRAME_ENTRY, outpost_Entry_fields, &entry, bytes);
	assert_int_equal(frame_parse(bytes, (size_t)n, &frame), 1);
	assert_int_equal(run_journal_add(run.journal, &frame), -EBADMSG);
	assert_int_equal(journal_size(&run), 0);
	end(&run);
}

static char state_dir[] = "/tmp/outpost-test-XXXXXX";

static int setup(void **state)
{
	(void)state;
	return !mkdtemp(state_dir) || setenv("XDG_STATE_HOME", state_dir, 1) != 0;
}

static int teardown(void **state)
{
	(void)state;
	return fs_remove_tree(state_dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hook_is_run_once),
		cmocka_unit_test(a_hook_may_fail),
		cmocka_unit_test(a_hook_may_hang),
		cmocka_unit_test(without_a_hook_nothing_is_tried),
		cmocka_unit_test(a_vm_is_reset),
		cmocka_unit_test(one_that_rebooted_crashed),
		cmocka_unit_test(one_that_the_watchdog_reset_hung),
		cmocka_unit_test(one_that_was_switched_off_hung),
		cmocka_unit_test(one_that_went_on_was_cut_off),
		cmocka_unit_test(a_little_later_is_no_sign_of_life),
		cmocka_unit_test(a_reset_that_came_too_soon_shows_nothing),
		cmocka_unit_test(one_that_went_on_and_then_hung),
		cmocka_unit_test(a_slow_board_is_given_its_time),
		cmocka_unit_test(repetitions_make_nobody_wait_longer),
		cmocka_unit_test(a_reset_is_nobodys_crash),
		cmocka_unit_test(the_one_it_hung_in_is_named),
		cmocka_unit_test(a_reboot_after_the_end_is_no_crash),
		cmocka_unit_test(one_that_ended_out_of_reach_is_no_pass),
		cmocka_unit_test(a_second_cut_changes_nothing),
		cmocka_unit_test(a_reset_that_comes_late_is_still_ours),
		cmocka_unit_test(a_reset_that_came_to_nothing_is_forgotten),
		cmocka_unit_test(what_was_told_is_over),
		cmocka_unit_test(one_that_never_came_back_is_lost),
		cmocka_unit_test(judged_from_its_journal_it_is_the_same),
		cmocka_unit_test(judged_again_it_is_the_same),
		cmocka_unit_test(a_reset_that_nobody_saw_the_end_of),
		cmocka_unit_test(a_torn_entry_is_taken_back),
		cmocka_unit_test(a_board_cannot_say_that_it_was_reset),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
