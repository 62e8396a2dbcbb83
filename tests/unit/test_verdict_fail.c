// SPDX-License-Identifier: GPL-2.0-only
/* The board is fine, but it is not a pass: fail, inconclusive, skip, error. */
#include "verdict_changes.h"

/* --- fail -------------------------------------------------------------------- */

static void failures(void **state)
{
	static const char *const no_such[] = { "hello: unknown parameter 'count' ignored", NULL };
	const char *const *const lines[6] = { [outpost_Step_UNLOADING] = warning };
	const char *const *const ignored[6] = { [outpost_Step_LOADING] = no_such };
	struct journal *j;

	(void)state;
	expect(changed(load_failed), VERDICT_FAIL, "load", "result", "No such device (ENODEV)");
	expect(changed(load_late), VERDICT_FAIL, "load", "limit", "time limit of 10 s");
	expect(changed(test_failed), VERDICT_FAIL, "test", "exit", "status 1");
	expect(changed(test_killed), VERDICT_FAIL, "test", "exit", "SIGSEGV");
	expect(changed(test_late), VERDICT_FAIL, "test", "limit", "time limit of 10 s");
	expect(changed(report_in_window), VERDICT_FAIL, "load", "report", "hello_init");
	expect(journal_with(lines), VERDICT_FAIL, "unload", "report", "while unloading hello");
	expect(changed(left_behind), VERDICT_FAIL, "unload", "left", "/proc/hello");
	expect(changed(still_loaded), VERDICT_FAIL, "unload", "gone", "still loaded");
	expect(changed(tainted_f), VERDICT_FAIL, "load", "taint", "tainted F");
	expect(changed(missing_log_line), VERDICT_FAIL, "test", "log", "nobody says this");
	j = journal_with(ignored);
	expect(journal_with(ignored), VERDICT_PASS, "unload", "",
	       ""); /* none was asked for: the program's own words */
	proto_set(journal_first(j, outpost_Entry_module_tag)->body.module.params, "count=1");
	expect(j, VERDICT_FAIL, "load", "result", "does not have: count");
	j = changed(unload_failed);
	proto_set(journal_step_end(j, outpost_Step_UNLOADING)->detail, "held by sleep (412)");
	journal_step_end(j, outpost_Step_UNLOADING)->late = true;
	expect(j, VERDICT_FAIL, "unload", "gone", "held by sleep (412)");
}

static void failed_tests(void **state)
{
	static const char *const ktap[] = { "KTAP version 1", "1..2", "ok 1 first",
					    "not ok 2 second", NULL };
	const char *const *const lines[6] = { [outpost_Step_LOADING] = ktap };
	struct journal *j = journal_new();

	(void)state;
	expect(journal_with(lines), VERDICT_FAIL, "load", "ktap", "second");
	journal_plan(j, two);
	journal_boot(j, JOURNAL_BOOT);
	journal_module(j, 0, 1, NULL);
	j->n--; /* the last output comes before the end */
	journal_output(j, "TAP version 13\n1..2\nok 1 - first\n");
	journal_add(j, outpost_Entry_end_tag)->body.end =
		(outpost_ModuleEnd){ .attempt = 1, .leftovers_checked = true };
	expect(j, VERDICT_FAIL, "test", "ktap", "invalid test results");
}

/*
 * Dependencies are tested separately: their output while they are loaded does not belong to
 * this module.
 */
static void results_of_needs_are_not_its_own(void **state)
{
	static const char *const theirs[] = { "KTAP version 1", "1..1", "not ok 1 theirs", NULL };
	static const char *const own[] = { "KTAP version 1", "1..1", "ok 1 own", NULL };
	const char *const *const lines[6] = {
		[outpost_Step_PREPARE] = theirs, [outpost_Step_LOADING] = own
	};
	const char *const *const warns[6] = { [outpost_Step_PREPARE] = other_warning };
	_cleanup_free_ struct journal *j = journal_with(lines);
	_cleanup_(run_result_release) struct run_result run = { 0 };

	(void)state;
	run = judge(j, 0);
	assert_int_equal(run.results[0].verdict, VERDICT_PASS);
	assert_int_equal(run.results[0].ktap_pass, 1);
	expect(journal_with(warns), VERDICT_INCONCLUSIVE, "load", "owner", "[bystander]");
}

/* --- inconclusive, skip, error ------------------------------------------------- */

static struct journal *while_other_warns(const char *comm)
{
	const char *lines[ARRAY_SIZE(other_warning)];
	const char *const *const in[6] = { [outpost_Step_LOADING] = lines };

	memcpy(lines, other_warning, sizeof(lines));
	if (comm)
		lines[3] = comm;
	return journal_with(in);
}

static void inconclusive(void **state)
{
	(void)state;
	expect(changed(lost_records), VERDICT_INCONCLUSIVE, "load", "lost",
	       "1 kernel log records were lost");
	expect(changed(window_longer_than_read), VERDICT_INCONCLUSIVE, "load", "lost",
	       "1 kernel log records");
	expect(changed(one_record_twice), VERDICT_INCONCLUSIVE, "load", "lost",
	       "1 kernel log records");
	expect(changed(output_cut_short), VERDICT_INCONCLUSIVE, "test", "lost",
	       "more than is kept");
	expect(changed(tainted_w), VERDICT_INCONCLUSIVE, "load", "taint", "tainted W");
	expect(changed(warned), VERDICT_INCONCLUSIVE, "load", "counts", "1 more warnings");
	expect(changed(another_nonce), VERDICT_INCONCLUSIVE, "settle", "boot", "earlier state");
	expect(changed(no_end), VERDICT_INCONCLUSIVE, "settle", "evidence", "a result");
	expect(while_other_warns(NULL), VERDICT_INCONCLUSIVE, "load", "owner", "[bystander]");
	/* In the task that loads, the same is this module's fault. */
	expect(while_other_warns(CPU_LINE("outpost-agent")), VERDICT_FAIL, "load", "report",
	       "bystander");
	expect(while_other_warns(CPU_LINE("000000000000000")), VERDICT_FAIL, "load", "report",
	       "bystander");
}

static void skipped_and_in_error(void **state)
{
	struct journal *j = changed(not_run);

	(void)state;
	proto_set(journal_first(j, outpost_Entry_module_tag)->body.module.skip, "needs a camera");
	expect(j, VERDICT_SKIP, "load", "", "needs a camera");
	j = changed(not_run);
	proto_set(journal_first(j, outpost_Entry_end_tag)->body.end.why, "ring failed");
	expect(j, VERDICT_SKIP, "load", "", "ring failed");
	j = changed(prepare_failed);
	proto_set(journal_step_end(j, outpost_Step_PREPARE)->detail, "modprobe usbcore");
	expect(j, VERDICT_ERROR, "load", "prepare", "modprobe usbcore");
	j = good();
	journal_die_in(j, outpost_Step_TESTING);
	journal_add(j, outpost_Entry_run_end_tag)->body.run_end.cancelled = true;
	expect(j, VERDICT_SKIP, "test", "", "interrupted");
	/* A module that ended before keeps its result. */
	j = good();
	journal_first(j, outpost_Entry_run_end_tag)->body.run_end.cancelled = true;
	assert_true(is_pass(j));
	test_killed(j);
	expect(j, VERDICT_SKIP, "settle", "", "interrupted");
	/* The end of the run is missing, but the step shows it. */
	j = good();
	journal_drop(j, j->n - 1);
	*journal_step_end(j, outpost_Step_LOADING) =
		(outpost_StepEnd){ .step = outpost_Step_LOADING, .signal = 9, .cancelled = true };
	expect(j, VERDICT_SKIP, "settle", "", "interrupted");
	/* Nobody read its later messages. */
	j = good();
	journal_step_end(j, outpost_Step_SETTLE)->cancelled = true;
	expect(j, VERDICT_SKIP, "settle", "", "interrupted");
	j = good();
	journal_die_in(j, outpost_Step_TESTING);
	proto_set(journal_add(j, outpost_Entry_run_end_tag)->body.run_end.what, "disk full");
	expect(j, VERDICT_ERROR, "test", "run", "disk full");
}

/* Stronger evidence decides over weaker. */
static void the_worst_decides(void **state)
{
	const char *const *const lines[6] = { [outpost_Step_TESTING] = oops };
	struct journal *j = journal_with(lines);

	(void)state;
	test_failed(j);
	unload_failed(j);
	expect(j, VERDICT_CRASH, "test", "report", "hello_init");
	j = changed(test_failed);
	lost_records(j);
	expect(j, VERDICT_FAIL, "test", "exit", "status 1");
	j = changed(report_in_window);
	load_stuck(j);
	expect(j, VERDICT_HANG, "load", "limit", "did not end even after SIGKILL");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(failures),
		cmocka_unit_test(failed_tests),
		cmocka_unit_test(results_of_needs_are_not_its_own),
		cmocka_unit_test(inconclusive),
		cmocka_unit_test(skipped_and_in_error),
		cmocka_unit_test(the_worst_decides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
