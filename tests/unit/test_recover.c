// SPDX-License-Identifier: GPL-2.0-only
/* A board that went quiet: what is tried, and what had become of it. */
#include "unit.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/fs.h"
#include "common/log.h"
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
#include <unistd.h>

static const char *const hello[] = { "hello", NULL };

static struct board board = { .name = (char *)"pi" };
static struct run_request request = { .board = &board, .return_ms = 2000 };

/* --- the hook ----------------------------------------------------------------------- */

static void hook(const char *command, bool works, const char *tried)
{
	struct run run = { .q = &request };

	board.power_cycle = (char *)command;
	assert_int_equal(run_power_cycle(&run), works);
	assert_int_equal(run.power_cycled, works);
	if (!run.tried || !strstr(run.tried, tried))
		fail_msg("'%s' is not in '%s'", tried, run.tried ? run.tried : "(nothing)");
	/* Once for each time that the board goes quiet. */
	assert_false(run_power_cycle(&run));
	free(run.tried);
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
	struct run run = { .q = &request };

	(void)state;
	board.power_cycle = NULL;
	assert_false(run_power_cycle(&run));
	assert_null(run.tried);
}

static int reset(const char *name, int timeout_ms)
{
	assert_string_equal(name, board.name);
	assert_int_equal(timeout_ms, 0);
	return 0;
}

/* Only whoever carries the run out knows how. */
static void a_vm_is_reset(void **state)
{
	struct run run = { .q = &request };

	(void)state;
	board.is_vm = true;
	assert_false(run_power_cycle(&run));
	request.reset_vm = reset;
	assert_true(run_power_cycle(&run));
	assert_string_equal(run.tried, "it was reset");
	free(run.tried);
	request.reset_vm = NULL;
	board.is_vm = false;
}

/* --- telling apart --------------------------------------------------------------------- */

static void take(struct run *run, const struct journal *j)
{
	for (size_t i = 0; i < j->n; i++)
		assert_int_equal(evidence_add(&run->list, &j->entries[i]), 0);
}

/* A run that was through, and of which nobody has heard yet. */
static void ended_well(struct run *run, struct journal *j)
{
	*run = (struct run){ .q = &request };
	journal_plan(j, hello);
	journal_boot(j, JOURNAL_BOOT);
	journal_module(j, 0, 1, NULL);
	journal_end(j);
	take(run, j);
}

/* A run that was cut in the test of its module, `silent_ms` after the last entry. */
static void cut_in_test(struct run *run, struct journal *j, int silent_ms)
{
	*run = (struct run){ .q = &request, .entry_ms = 100000 };
	journal_plan(j, hello);
	journal_boot(j, JOURNAL_BOOT);
	journal_module(j, 0, 1, NULL);
	journal_die_in(j, outpost_Step_TESTING);
	take(run, j);
	run->alive_ms = run->entry_ms + silent_ms;
	run->cut_in = evidence_last(&run->list);
	run->cut_us = run->list.last_us;
	run->cut_entry_ms = run->entry_ms;
}

static void expect(struct run *run, enum verdict verdict, const char *rule, const char *words)
{
	_cleanup_free_ char *summary = NULL;
	struct result result;

	run_tell_apart(run);
	run_tell_left(run);
	verdict_judge(run->list.items[0], 0, &result);
	summary = result_summary(&result);
	if (result.verdict != verdict || strcmp(result.rule, rule) != 0 || !strstr(summary, words))
		fail_msg("%s by %s: %s", verdict_name(result.verdict), result.rule, summary);
	result_release(&result);
	evidence_list_release(&run->list);
	free(run->tried);
}

/* A sign of life by the board's clock, after the last entry that was heard of. */
static void lives_on(struct run *run, int seconds)
{
	outpost_Entry alive = { .which_body = outpost_Entry_alive_tag,
				.time_us = run->cut_us + (uint64_t)seconds * 1000000 };

	assert_int_equal(evidence_add(&run->list, &alive), 0);
}

/* So long after the last entry that was heard of before the link was cut. */
static void was_reset(struct run *run, int seconds)
{
	run->reset_ms = run->cut_entry_ms + seconds * 1000;
	run->reboot.seen = run->power_cycled = true;
	run->tried = xstrdup("it was reset");
}

static void one_that_rebooted_crashed(void **state)
{
	_cleanup_free_ struct journal *j = journal_new();
	struct run run;

	(void)state;
	cut_in_test(&run, j, 0);
	run.reboot = (struct run_reboot){ .seen = true, .has_down = true, .down_ms = 1000 };
	expect(&run, VERDICT_CRASH, "boot", "rebooted by itself while testing hello");
}

static void one_that_the_watchdog_reset_hung(void **state)
{
	_cleanup_free_ struct journal *j = journal_new();
	struct run run;

	(void)state;
	cut_in_test(&run, j, 0);
	run.list.items[0]->board.watchdog_s = 20;
	run.reboot = (struct run_reboot){ .seen = true, .has_down = true, .down_ms = 19000 };
	expect(&run, VERDICT_HANG, "watchdog", "its watchdog (20 s) reset it");
}

static void one_that_was_switched_off_hung(void **state)
{
	_cleanup_free_ struct journal *j = journal_new();
	struct run run;

	(void)state;
	cut_in_test(&run, j, 1000);
	was_reset(&run, 60);
	free(run.tried);
	run.tried = xstrdup("its power was switched off and on (relay)");
	expect(&run, VERDICT_HANG, "watchdog", "its power was switched off and on (relay)");
}

/* Its journal goes on for long after it was last heard of: it was the link. */
static void one_that_went_on_was_cut_off(void **state)
{
	_cleanup_free_ struct journal *j = journal_new();
	struct run run;

	(void)state;
	cut_in_test(&run, j, 1000);
	lives_on(&run, 30);
	was_reset(&run, 40);
	expect(&run, VERDICT_LOST, "unreachable", "the link to it had died while testing hello");
}

/* What it wrote shortly after the cut may have been before it hung. */
static void a_little_later_is_no_sign_of_life(void **state)
{
	_cleanup_free_ struct journal *j = journal_new();
	struct run run;

	(void)state;
	cut_in_test(&run, j, 4000);
	lives_on(&run, 14);
	was_reset(&run, 60);
	expect(&run, VERDICT_HANG, "watchdog", "did not come back by itself: it was reset");
}

/* With --return-timeout 5s: within that nobody can tell a dead link from a board that hung. */
static void a_reset_that_came_too_soon_shows_nothing(void **state)
{
	_cleanup_free_ struct journal *j = journal_new();
	struct run run;

	(void)state;
	cut_in_test(&run, j, 1000);
	lives_on(&run, 2);
	was_reset(&run, 5);
	expect(&run, VERDICT_LOST, "unreachable",
	       "nothing shows that the board hung, but the link to it had died");
}

/* That its journal comes later, with its own times, changes nothing about when it was cut. */
static void one_that_went_on_and_then_hung(void **state)
{
	_cleanup_free_ struct journal *j = journal_new();
	struct run run;

	(void)state;
	cut_in_test(&run, j, 1000);
	lives_on(&run, 30);
	run.entry_ms += 90000;
	was_reset(&run, 60);
	expect(&run, VERDICT_HANG, "watchdog", "did not come back by itself: it was reset");
}

static void a_slow_board_is_given_its_time(void **state)
{
	char dir[] = "/tmp/outpost-test-XXXXXX";
	struct run_request unsaid = { .board = &board };
	struct run run = { .q = &unsaid };

	(void)state;
	assert_non_null(mkdtemp(dir));
	setenv("XDG_STATE_HOME", dir, 1);
	assert_int_equal(run_return_ms(&run), RUN_RETURN_MS);
	last_seen_set_return_ms(board.name, 5000);
	assert_int_equal(run_return_ms(&run), RUN_RETURN_MS);
	last_seen_set_return_ms(board.name, 40000);
	assert_int_equal(run_return_ms(&run), 120000);
	last_seen_set_return_ms(board.name,
				5000); /* one quick boot does not make it a quick board */
	assert_int_equal(run_return_ms(&run), 90000);
	unsaid.return_ms = 3000; /* what the user says counts */
	assert_int_equal(run_return_ms(&run), 3000);
	run.power_cycled = true; /* but a boot takes as long as it takes */
	assert_int_equal(run_return_ms(&run), 90000);
	assert_int_equal(fs_remove_tree(dir), 0);
}

/* A supervisor that cannot write any more ends with the repetition that it is in. */
static void repetitions_make_nobody_wait_longer(void **state)
{
	outpost_PlanModule m = { .load_ms = 1000, .test_ms = 2000, .unload_ms = 300 };
	struct run run = { .q = &request, .list = { .modules = &m, .n_modules = 1 } };

	(void)state;
	for (uint32_t repeat = 1; repeat <= 1000; repeat += 999) {
		run.list.plan.repeat = repeat;
		assert_int_equal(run_quiet_ms(&run), RUN_PATIENCE_MS + 3300 + 300);
	}
}

static void expect_of(const struct run *run, size_t i, enum verdict verdict, const char *words)
{
	_cleanup_free_ char *summary = NULL;
	struct result result;

	verdict_judge(run->list.items[i], 0, &result);
	summary = result_summary(&result);
	if (result.verdict != verdict || !strstr(summary, words))
		fail_msg("%s: %s by %s: %s", run->list.items[i]->plan.name,
			 verdict_name(result.verdict), result.rule, summary);
	result_release(&result);
}

/* The link is cut in the test of the first module; the board is at the second when it goes down. */
static void goes_on_to_the_second(struct run *run, struct journal *j, bool lives)
{
	static const char *const names[] = { "hello", "second", NULL };
	size_t heard = 0;

	*run = (struct run){ .q = &request, .entry_ms = 100000, .alive_ms = 100000 };
	journal_plan(j, names);
	journal_boot(j, JOURNAL_BOOT);
	journal_module(j, 0, 1, NULL);
	while (j->entries[heard++].which_body != outpost_Entry_state_tag)
		;
	journal_module(j, 1, 1, NULL);
	do
		j->n--;
	while (j->entries[j->n].which_body != outpost_Entry_step_end_tag ||
	       j->entries[j->n].body.step_end.step != outpost_Step_TESTING);
	for (size_t i = 0; i < j->n; i++) {
		assert_int_equal(evidence_add(&run->list, &j->entries[i]), 0);
		if (i + 1 == heard) {
			run->cut_in = evidence_last(&run->list);
			run->cut_us = run->list.last_us;
			run->cut_entry_ms = run->entry_ms;
		}
	}
	if (lives)
		lives_on(run, 30);
	was_reset(run, lives ? 40 : 60);
	run_tell_apart(run);
}

/* Whoever resets the board must not blame the module that it was at by then. */
static void a_reset_is_nobodys_crash(void **state)
{
	_cleanup_free_ struct journal *j = journal_new();
	struct run run;

	(void)state;
	goes_on_to_the_second(&run, j, true);
	expect_of(&run, 0, VERDICT_PASS, "loaded");
	expect_of(&run, 1, VERDICT_LOST, "the link to it had died while testing second");
	evidence_list_release(&run.list);
}

/* It was heard of last in the first module, but its journal ends in the second. */
static void the_one_it_hung_in_is_named(void **state)
{
	_cleanup_free_ struct journal *j = journal_new();
	struct run run;

	(void)state;
	goes_on_to_the_second(&run, j, false);
	expect_of(&run, 0, VERDICT_PASS, "loaded");
	expect_of(&run, 1, VERDICT_HANG, "did not come back by itself: it was reset");
	evidence_list_release(&run.list);
}

/* Collected the day after: that the board was rebooted since is nobody's fault. */
static void a_reboot_after_the_end_is_no_crash(void **state)
{
	_cleanup_free_ struct journal *j = journal_new();
	struct run run;

	(void)state;
	ended_well(&run, j);
	run.reboot.seen = true;
	expect(&run, VERDICT_PASS, "", "loaded");
}

/* It ended well, but only after somebody had to reset it could it be asked. */
static void one_that_ended_out_of_reach_is_no_pass(void **state)
{
	_cleanup_free_ struct journal *j = journal_new();
	struct run run;

	(void)state;
	ended_well(&run, j);
	run.cut_in = run.list.items[0];
	was_reset(&run, 60);
	expect(&run, VERDICT_LOST, "unreachable", "the link to it had died; it was reset");
}

/* While its journal comes the link dies once more: what brought it back is not forgotten. */
static void a_second_cut_changes_nothing(void **state)
{
	_cleanup_free_ struct journal *j = journal_new();
	struct run run;

	(void)state;
	cut_in_test(&run, j, 1000);
	was_reset(&run, 60);
	run_note_cut(&run);
	expect(&run, VERDICT_HANG, "watchdog", "did not come back by itself: it was reset");
}

/* The hook is done, the power not yet off: the board that answers is still the old boot. */
static void a_reset_that_comes_late_is_still_ours(void **state)
{
	_cleanup_free_ struct journal *j = journal_new();
	struct run run;

	(void)state;
	cut_in_test(&run, j, 1000);
	was_reset(&run, 60);
	run.stuck = true;
	run.reboot.seen = false;
	run_note_cut(&run);
	run.entry_ms = run.reset_ms = monotonic_ms();
	run.entry_ms++; /* it may even get on */
	run_note_cut(&run);
	run.reboot.seen = true;
	expect(&run, VERDICT_HANG, "watchdog", "did not come back by itself: it was reset");
	assert_false(run.stuck);
}

/* It got on for longer than a boot takes: what takes it down then is another matter. */
static void a_reset_that_came_to_nothing_is_forgotten(void **state)
{
	_cleanup_free_ struct journal *j = journal_new();
	struct run run;

	(void)state;
	cut_in_test(&run, j, 1000);
	was_reset(&run, 60);
	run.stuck = true;
	run.reboot.seen = false;
	run.reset_ms = monotonic_ms() - 11 * 60 * 1000;
	run.entry_ms = monotonic_ms();
	run_note_cut(&run);
	run.reboot.seen = true;
	expect(&run, VERDICT_CRASH, "boot", "rebooted by itself while testing hello");
}

/* A hook that was of no use is told with the loss. */
static void one_that_never_came_back_is_lost(void **state)
{
	_cleanup_free_ struct journal *j = journal_new();
	struct run run;

	(void)state;
	cut_in_test(&run, j, 0);
	run.tried = xstrdup("its power-cycle hook failed: it ended with status 1");
	run.state = RUN_LOST;
	expect(&run, VERDICT_LOST, "unreachable", "in its time: its power-cycle hook failed");
}

/* --- judged again ------------------------------------------------------------------------ */

/* The first host process: takes the journal in, as it comes, and then is gone. */
static uint64_t follow_until_reset(struct run *run, const struct journal *j)
{
	*run = (struct run){ .q = &request, .id = (char *)"20260102-150405-1a2b3c" };
	assert_int_equal(run_journal_open(run), 0);
	for (size_t i = 0; i < j->n; i++) {
		uint8_t bytes[PROTO_BUFFER];
		ssize_t n = proto_pack(FRAME_ENTRY, outpost_Entry_fields, &j->entries[i], bytes);
		struct frame frame;

		assert_int_equal(frame_parse(bytes, (size_t)n, &frame), 1);
		assert_int_equal(run_journal_add(run, &frame), 0);
	}
	run->entry_ms = run->cut_entry_ms = 100000;
	run->alive_ms = run->entry_ms + 1000;
	run->cut_in = evidence_last(&run->list);
	run->cut_us = run->list.last_us;
	return run->offset;
}

static void leave(struct run *run)
{
	run_journal_close(run);
	evidence_list_release(&run->list);
	free(run->dir);
	free(run->tried);
}

/* --- the journal alone ------------------------------------------------------------------- */

/* What the host learns of a run whose module was under way; what becomes of that module. */
struct outcome {
	const char *name;
	void (*learn)(struct run *run);
	enum verdict verdict, rest; /* `rest`: of the module that was not begun */
	const char *rule;
};

static void reboots(struct run *run)
{
	run->reboot = (struct run_reboot){ .seen = true, .has_down = true, .down_ms = 1000 };
	proto_set(run->boot_id, JOURNAL_OTHER_BOOT);
}

static void is_reset_by_its_watchdog(struct run *run)
{
	reboots(run);
	run->reboot.down_ms = 19000;
}

static void is_power_cycled(struct run *run)
{
	was_reset(run, 60);
}

static void was_cut_off(struct run *run)
{
	was_reset(run, 5);
}

static void cannot_be_reached(struct run *run)
{
	run->state = RUN_LOST;
	run->tried = xstrdup("its power-cycle hook failed: it ended with status 1");
}

static void was_reset_by_another_process(struct run *run)
{
	run->reset_in_vain = run->reboot.seen = true;
}

static void the_user_interrupts(struct run *run)
{
	run->cancelled = true;
}

static void the_user_interrupts_a_lost_one(struct run *run)
{
	run->cancelled = true;
	run->state = RUN_LOST;
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

/* Whoever has the journal and nothing else comes to what the host came to that wrote it. */
static void judged_from_its_journal_it_is_the_same(void **state)
{
	static const char *const names[] = { "hello", "second", NULL };
	struct module modules[] = { { .name = (char *)"hello" }, { .name = (char *)"second" } };
	struct module *pointers[] = { &modules[0], &modules[1] };
	struct module_list module_list = { pointers, 2 };
	struct run_request q = { .board = &board, .return_ms = 2000, .modules = &module_list };
	int index[] = { 0, 1 };
	char dir[] = "/tmp/outpost-test-XXXXXX";

	(void)state;
	assert_non_null(mkdtemp(dir));
	setenv("XDG_STATE_HOME", dir, 1);
	for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++) {
		const struct outcome *o = &outcomes[i];
		_cleanup_(evidence_list_release) struct evidence_list list = { 0 };
		_cleanup_(run_result_release) struct run_result lived = { 0 };
		_cleanup_free_ struct journal *j = journal_new();
		_cleanup_free_ char *path = NULL;
		struct result alone;
		struct run run;

		journal_plan(j, names);
		journal_boot(j, JOURNAL_BOOT)->watchdog_s = 20;
		journal_module(j, 0, 1, NULL);
		journal_die_in(j, outpost_Step_TESTING);
		follow_until_reset(&run, j);
		run.q = &q;
		run.plan = (struct plan){
			.modules = run.list.modules, .n = 2, .n_asked = 2, .index = index
		};
		o->learn(&run);
		run_judge(&run, &lived);
		path = path_join(run.dir, "journal", NULL);
		assert_int_equal(evidence_read(&list, path), 0);
		verdict_judge(list.items[0], 0, &alone);
		if (alone.verdict != o->verdict || strcmp(alone.rule, o->rule) != 0)
			fail_msg("%s: %s by '%s': %s", o->name, verdict_name(alone.verdict),
				 alone.rule, alone.summary.what);
		same_result(&lived.results[0], &alone, o->name);
		assert_int_equal(lived.results[1].verdict, o->rest);
		result_release(&alone);
		assert_int_equal(unlink(path), 0);
		leave(&run);
	}
	assert_int_equal(fs_remove_tree(dir), 0);
}

/* It was told, and the host was killed before the rest was carried out. */
static void judged_again_it_is_the_same(void **state)
{
	_cleanup_free_ struct journal *j = journal_new();
	char dir[] = "/tmp/outpost-test-XXXXXX";
	outpost_Entry boot = { .which_body = outpost_Entry_boot_tag };
	struct run run;
	uint64_t offset;

	(void)state;
	assert_non_null(mkdtemp(dir));
	setenv("XDG_STATE_HOME", dir, 1);
	journal_plan(j, hello);
	journal_boot(j, JOURNAL_BOOT);
	journal_module(j, 0, 1, NULL);
	journal_die_in(j, outpost_Step_TESTING);
	offset = follow_until_reset(&run, j);
	was_reset(&run, 60);
	run_tell_apart(&run);
	expect_of(&run, 0, VERDICT_HANG, "did not come back by itself: it was reset");
	/* What the new supervisor says comes behind that, and the board counts its own bytes. */
	run_journal_rewind(&run, offset - 10);
	leave(&run);

	run = (struct run){ .q = &request, .id = (char *)"20260102-150405-1a2b3c" };
	assert_int_equal(run_journal_open(&run), 0);
	assert_int_equal(run.offset, offset - 10);
	expect_of(&run, 0, VERDICT_HANG, "did not come back by itself: it was reset");
	proto_set(boot.body.boot.boot_id, JOURNAL_OTHER_BOOT);
	assert_int_equal(evidence_add(&run.list, &boot), 0);
	expect_of(&run, 0, VERDICT_HANG, "did not come back by itself: it was reset");
	leave(&run);
	assert_int_equal(fs_remove_tree(dir), 0);
}

/* Killed while the board that it had reset was coming back: that reboot is no crash of the
 * module's. */
static void a_reset_that_nobody_saw_the_end_of(void **state)
{
	_cleanup_free_ struct journal *j = journal_new();
	char dir[] = "/tmp/outpost-test-XXXXXX";
	struct run run;

	(void)state;
	assert_non_null(mkdtemp(dir));
	setenv("XDG_STATE_HOME", dir, 1);
	journal_plan(j, hello);
	journal_boot(j, JOURNAL_BOOT);
	journal_module(j, 0, 1, NULL);
	journal_die_in(j, outpost_Step_TESTING);
	follow_until_reset(&run, j);
	board.power_cycle = (char *)"true";
	assert_true(run_power_cycle(&run));
	board.power_cycle = NULL;
	leave(&run);

	run = (struct run){ .q = &request, .id = (char *)"20260102-150405-1a2b3c" };
	assert_int_equal(run_journal_open(&run), 0);
	run.reset_in_vain = run_was_reset(&run);
	run.reboot.seen = true;
	run_tell_apart(&run);
	expect_of(&run, 0, VERDICT_LOST, "it was reset, and nobody saw it come back");
	assert_false(run_was_reset(&run)); /* the next reboot is another matter */
	leave(&run);
	assert_int_equal(fs_remove_tree(dir), 0);
}

/* Half of it was written when the disk was full, and then there is room again. */
static void a_torn_entry_is_taken_back(void **state)
{
	_cleanup_free_ struct journal *j = journal_new();
	char dir[] = "/tmp/outpost-test-XXXXXX";
	outpost_Entry entry = { .which_body = outpost_Entry_recovery_tag };
	struct rlimit whole, limit;
	struct run run;

	(void)state;
	assert_non_null(mkdtemp(dir));
	setenv("XDG_STATE_HOME", dir, 1);
	signal(SIGXFSZ, SIG_IGN);
	journal_plan(j, hello);
	journal_boot(j, JOURNAL_BOOT);
	journal_module(j, 0, 1, NULL);
	follow_until_reset(&run, j);
	getrlimit(RLIMIT_FSIZE, &whole);
	limit = whole;
	limit.rlim_cur = run.local + FRAME_HEADER + 1;
	proto_set(entry.body.recovery.tried, "it was reset");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	run_journal_note(&run, &entry);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &whole), 0);
	assert_int_equal(run.own, 0);
	entry.body.recovery.rebooted = true;
	run_journal_note(&run, &entry);
	leave(&run);

	run = (struct run){ .q = &request, .id = (char *)"20260102-150405-1a2b3c" };
	assert_int_equal(run_journal_open(&run), 0);
	assert_int_equal(run.list.n, 1);
	assert_true(run.list.items[0]->trial.ended);
	assert_true(evidence_rebooted(run.list.items[0]));
	leave(&run);
	assert_int_equal(fs_remove_tree(dir), 0);
}

/* A board's word is not the host's. */
static void a_board_cannot_say_that_it_was_reset(void **state)
{
	outpost_Entry entry = { .which_body = outpost_Entry_recovery_tag };
	struct run run = { .q = &request, .journal_fd = -1, .id = (char *)"run" };
	uint8_t bytes[PROTO_BUFFER];
	struct frame frame;
	ssize_t n;

	(void)state;
	proto_set(entry.body.recovery.tried, "it was reset");
	n = proto_pack(FRAME_ENTRY, outpost_Entry_fields, &entry, bytes);
	assert_int_equal(frame_parse(bytes, (size_t)n, &frame), 1);
	assert_int_equal(run_journal_add(&run, &frame), -EBADMSG);
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
		cmocka_unit_test(one_that_never_came_back_is_lost),
		cmocka_unit_test(judged_from_its_journal_it_is_the_same),
		cmocka_unit_test(judged_again_it_is_the_same),
		cmocka_unit_test(a_reset_that_nobody_saw_the_end_of),
		cmocka_unit_test(a_torn_entry_is_taken_back),
		cmocka_unit_test(a_board_cannot_say_that_it_was_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
