// SPDX-License-Identifier: GPL-2.0-only
/* The board did not survive: crash, hang, lost. */
#include "verdict_changes.h"

/*
 * The board dies while loading, after these lines were streamed, and comes back after `away`
 * seconds.
 */
static struct journal *dies(const char *const *streamed, const char *survived, unsigned int away)
{
	const char *const *const lines[6] = { [outpost_Step_LOADING] = streamed };
	struct journal *j = journal_with(lines);

	journal_die_in(j, outpost_Step_LOADING);
	if (survived)
		journal_survivor(j, survived);
	journal_boot(j, JOURNAL_OTHER_BOOT)->wall_s += away;
	return j;
}

/* Formats it as pstore does, with times from `us` on. */
static char *as_survivors(const char *const *lines, uint64_t us)
{
	_cleanup_(strbuf_release) struct strbuf sb = STRBUF_INIT;

	strbuf_adds(&sb, "Panic#2 Part1\n");
	for (; *lines; lines++, us += 10)
		strbuf_addf(&sb, "<4>[%5u.%06u] %s\n", (unsigned int)(us / 1000000),
			    (unsigned int)(us % 1000000), *lines);
	return strbuf_detach(&sb);
}

static void crashes(void **state)
{
	_cleanup_free_ char *survived = as_survivors(oops, 5010000);
	const char *const *const lines[6] = { [outpost_Step_TESTING] = oops };

	(void)state;
	expect(dies(oops, NULL, 3), VERDICT_CRASH, "load", "report", "hello_init");
	expect(dies(greets, survived, 3), VERDICT_CRASH, "load", "report", "died and came back");
	expect(dies(greets, NULL, 3), VERDICT_CRASH, "load", "boot", "rebooted by itself");
	expect(journal_with(lines), VERDICT_CRASH, "test", "report", "while testing hello");
	expect(changed(rebooted_afterwards), VERDICT_CRASH, "settle", "boot", "rebooted by itself");
	expect(changed(another_boot), VERDICT_CRASH, "settle", "boot", "rebooted by itself");
}

static void streamed_and_survived_are_one_log(void **state)
{
	const char *some[] = { oops[0], oops[1], oops[2], NULL };
	_cleanup_free_ struct journal *j = dies(some, NULL, 3);
	_cleanup_free_ char *survived = as_survivors(oops, 0);
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	uint64_t first_us = journal_first(j, outpost_Entry_record_tag)->body.record.time_us;
	_cleanup_(run_result_release) struct run_result run = { 0 };

	(void)state;
	/* The same lines with the same times, and the rest; before them an older oops. */
	strbuf_addf(&text, "%s", survived);
	for (size_t i = 0; oops[i]; i++) {
		uint64_t us = first_us + i * 1000;

		strbuf_addf(&text, "<4>[%5u.%06u] %s\n", (unsigned int)(us / 1000000),
			    (unsigned int)(us % 1000000), oops[i]);
	}
	j->n--;
	journal_survivor(j, text.buf);
	journal_boot(j, JOURNAL_OTHER_BOOT);
	run = judge(j, 0);
	assert_int_equal(run.results[0].verdict, VERDICT_CRASH);
	assert_int_equal(run.results[0].n_reports, 1);
	assert_string_equal(run.results[0].reports[0].module, "hello");
	assert_int_equal(run.results[0].reports[0].kind, KLOG_OOPS);
}

/*
 * In a dump, the priority shows that user space wrote a line; in a console log, only the
 * record of the same line does.
 */
static void user_space_does_not_speak_for_the_kernel(void **state)
{
	static const char *const lines[] = { "hello: hello", "BUG: user space says so", NULL };
	_cleanup_free_ struct journal *j = dies(lines, NULL, 3);
	outpost_Record *said = &journal_first(j, outpost_Entry_record_tag)[1].body.record;
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	_cleanup_(run_result_release) struct run_result run = { 0 };
	unsigned int us = (unsigned int)said->time_us;

	(void)state;
	said->user = true;
	strbuf_addf(&text, "[%5u.%06u] %s\n", us / 1000000, us % 1000000, lines[1]);
	strbuf_addf(&text, "<11>[%5u.%06u] BUG: and says more\n", us / 1000000, us % 1000000 + 5);
	j->n--;
	journal_survivor(j, text.buf);
	journal_boot(j, JOURNAL_OTHER_BOOT)->wall_s += 3;
	run = judge(j, 0);
	assert_int_equal(run.results[0].verdict, VERDICT_CRASH);
	assert_string_equal(run.results[0].rule, "boot");
	assert_int_equal(run.results[0].n_reports, 0);
}

/* printk.time=0: everything after the last line that was read. */
static void a_log_without_times_is_told_from_what_was_read(void **state)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;

	(void)state;
	strbuf_adds(&text, "Panic#1 Part1\n<4>WARNING: CPU: 0 PID: 1 at old.c:1 old+0x1/0x2\n");
	for (size_t i = 0; greets[i]; i++)
		strbuf_addf(&text, "<6>%s\n", greets[i]);
	for (size_t i = 0; oops[i]; i++)
		strbuf_addf(&text, "<4>%s\n", oops[i]);
	expect(dies(greets, text.buf, 3), VERDICT_CRASH, "load", "report", "hello_init");
}

static void hangs(void **state)
{
	static const char *const detector[] = {
		"Kernel panic - not syncing: softlockup: hung tasks",
		CPU_LINE("outpost-agent"),
		"Call trace:",
		" dump_backtrace+0x0/0x1c0",
		" hello_init+0x2c/0x40 [hello]",
		NULL
	};
	const char *const *const lines[6] = { [outpost_Step_LOADING] = hung };
	const char *const *const late[6] = { [outpost_Step_SETTLE] = detector };
	struct journal *stuck = journal_with(late);

	(void)state;
	/* A report after the step was given up still belongs to that step. */
	load_stuck(stuck);
	expect(stuck, VERDICT_HANG, "load", "report", "while loading");
	expect(changed(load_stuck), VERDICT_HANG, "load", "limit",
	       "did not end even after SIGKILL");
	expect(changed(unload_stuck), VERDICT_HANG, "unload", "limit",
	       "did not end even after SIGKILL");
	expect(dies(greets, NULL, 20), VERDICT_HANG, "load", "watchdog", "watchdog (15 s)");
	expect(journal_with(lines), VERDICT_HANG, "load", "report", "blocked for more than");
	expect(dies(detector, NULL, 3), VERDICT_HANG, "load", "report", "softlockup");
}

static void lost_boards(void **state)
{
	_cleanup_(evidence_list_release) struct evidence_list list = { 0 };
	_cleanup_(strbuf_release) struct strbuf bytes = STRBUF_INIT;
	_cleanup_free_ struct journal *j = dies(greets, NULL, 3);
	struct run_result run = { .n = 1, .results = xcalloc(1, sizeof(*run.results)) };

	(void)state;
	j->n--; /* it never came back */
	journal_add(j, outpost_Entry_recovery_tag)->body.recovery.lost = true;
	journal_pack(j, &bytes);
	assert_true(evidence_parse(&list, bytes.buf, bytes.len, NULL) > 0);
	verdict_judge(list.items[0], 0, &run.results[0]);
	assert_int_equal(run.results[0].verdict, VERDICT_LOST);
	assert_string_equal(run.results[0].phase, "load");
	run_result_release(&run);
}

/* The run never ended, and the board was never seen again: the last module does not get a PASS. */
static void silence_after_the_last_module(void **state)
{
	_cleanup_(evidence_list_release) struct evidence_list list = { 0 };
	_cleanup_(strbuf_release) struct strbuf bytes = STRBUF_INIT;
	_cleanup_free_ struct journal *j = good();
	struct result result;

	(void)state;
	j->n--; /* RunEnd */
	journal_add(j, outpost_Entry_recovery_tag)->body.recovery.lost = true;
	journal_pack(j, &bytes);
	assert_true(evidence_parse(&list, bytes.buf, bytes.len, NULL) > 0);
	verdict_judge(list.items[0], 0, &result);
	assert_int_equal(result.verdict, VERDICT_LOST);
	assert_string_equal(result.phase, "settle");
	result_release(&result);
}

/* A flood of reports must not hide the one that killed the board. */
static void the_last_of_many_reports_counts(void **state)
{
	_cleanup_(evidence_list_release) struct evidence_list list = { 0 };
	struct journal *j = journal_new();
	outpost_Entry *entry;
	struct result result;

	(void)state;
	journal_plan(j, two);
	journal_boot(j, JOURNAL_BOOT);
	entry = journal_add(j, outpost_Entry_begin_tag);
	entry->body.begin.attempt = 1;
	journal_add(j, outpost_Entry_step_tag)->body.step.step = outpost_Step_LOADING;
	for (size_t i = 0; i < j->n; i++)
		assert_int_equal(evidence_add(&list, &j->entries[i]), 0);
	for (int i = 0; i < 101; i++) {
		j->n = 0;
		journal_records(j, i < 100 ? other_warning : oops);
		for (size_t k = 0; k < j->n; k++)
			assert_int_equal(evidence_add(&list, &j->entries[k]), 0);
	}
	free(j);
	verdict_judge(list.items[0], 0, &result);
	assert_int_equal(result.verdict, VERDICT_CRASH);
	result_release(&result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(crashes),
		cmocka_unit_test(streamed_and_survived_are_one_log),
		cmocka_unit_test(user_space_does_not_speak_for_the_kernel),
		cmocka_unit_test(a_log_without_times_is_told_from_what_was_read),
		cmocka_unit_test(hangs),
		cmocka_unit_test(lost_boards),
		cmocka_unit_test(silence_after_the_last_module),
		cmocka_unit_test(the_last_of_many_reports_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
