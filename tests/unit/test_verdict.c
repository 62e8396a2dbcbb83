// SPDX-License-Identifier: GPL-2.0-only
/* A PASS needs every source of evidence; innocent text does not prevent it. */
#include "verdict_changes.h"

static void passes(void **state)
{
	_cleanup_free_ struct journal *j = good();
	_cleanup_(run_result_release) struct run_result run = judge(j, 0);
	const struct result *r = run.results;

	(void)state;
	assert_int_equal(r->verdict, VERDICT_PASS);
	assert_string_equal(r->module, "hello");
	assert_string_equal(r->phase, "unload");
	assert_string_equal(r->rule, "");
	assert_string_equal(r->summary.what, "loaded, tested and unloaded");
	assert_int_equal(r->timings_ms[TIMING_LOAD], 2);
	assert_int_equal(r->timings_ms[TIMING_BUILD], -1);
	assert_int_equal(r->log_records, 1);
	assert_int_equal(r->n_reports, 0);
}

/* If any entry about this module is missing, there is no PASS. */
static void every_entry_counts(void **state)
{
	size_t checked = 0;

	(void)state;
	for (size_t i = 0;; i++) {
		_cleanup_free_ struct journal *j = good();
		pb_size_t kind;

		if (i >= j->n)
			break;
		kind = j->entries[i].which_body;
		if (kind == outpost_Entry_run_end_tag ||
		    (kind == outpost_Entry_module_tag && j->entries[i].body.module.index == 1))
			continue;
		journal_drop(j, i);
		checked++;
		if (is_pass(j))
			fail_msg("still a pass without entry %zu (of kind %u)", i, kind);
	}
	assert_true(checked > 15);
}

static void every_source_of_evidence_counts(void **state)
{
	static const struct {
		const char *name;
		void (*take)(struct journal *j);
	} cases[] = {
#define CASE(fn) { #fn, fn }
		CASE(no_end),
		CASE(report_in_window),
		CASE(log_unread_before),
		CASE(log_unread_after),
		CASE(tainted_w),
		CASE(tainted_f),
		CASE(tainted_p),
		CASE(tainted_c),
		CASE(warned),
		CASE(oopsed),
		CASE(counts_vanished),
		CASE(still_loaded),
		CASE(loaded_before),
		CASE(another_boot),
		CASE(another_nonce),
		CASE(another_boot_before),
		CASE(load_failed),
		CASE(load_late),
		CASE(load_stuck),
		CASE(test_failed),
		CASE(test_killed),
		CASE(test_late),
		CASE(unload_failed),
		CASE(unload_stuck),
		CASE(prepare_failed),
		CASE(settle_failed),
		CASE(restore_failed),
		CASE(leftovers_unchecked),
		CASE(not_run),
		CASE(window_longer_than_read),
		CASE(left_behind),
		CASE(lost_records),
		CASE(no_boot_identity),
		CASE(rebooted_afterwards),
		CASE(missing_log_line),
		CASE(fewer_repetitions),
		CASE(window_unknown),
		CASE(window_opened_late),
		CASE(one_record_twice),
		CASE(unloaded_twice_loaded_once),
		CASE(output_cut_short),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ struct journal *j = good();

		assert_true(is_pass(j));
		cases[i].take(j);
		if (is_pass(j))
			fail_msg("still a pass: %s", cases[i].name);
	}
}

/* --- innocent ---------------------------------------------------------------- */

static void announced_taints_are_no_failure(void **state)
{
	_cleanup_free_ struct journal *j = good();
	outpost_PlanModule *m = &journal_first(j, outpost_Entry_module_tag)->body.module;

	(void)state;
	m->foreign_licence = m->staging = true;
	journal_state(j, outpost_State_When_AFTER)->taint |= 1u << 0 | 1u << 10 | 1u << 13;
	assert_true(is_pass(j));
}

static void what_user_space_writes_to_the_log_is_no_report(void **state)
{
	const char *const *const lines[6] = { [outpost_Step_LOADING] = warning };
	_cleanup_free_ struct journal *j = journal_with(lines);

	(void)state;
	assert_false(is_pass(j));
	for (size_t i = 0; i < j->n; i++)
		if (j->entries[i].which_body == outpost_Entry_record_tag)
			j->entries[i].body.record.user = true;
	assert_true(is_pass(j));
}

static void a_tainted_kernel_stays_as_it_was(void **state)
{
	_cleanup_free_ struct journal *j = good();

	(void)state;
	journal_state(j, outpost_State_When_BEFORE)->taint = 1u << 9 | 1u << 1;
	journal_state(j, outpost_State_When_AFTER)->taint |= 1u << 9 | 1u << 1;
	assert_true(is_pass(j));
}

static void a_refused_unload_that_then_works_is_no_failure(void **state)
{
	_cleanup_free_ struct journal *j = good();

	(void)state;
	journal_step_end(j, outpost_Step_UNLOADING)->tries = 5;
	assert_true(is_pass(j));
}

static void kernels_without_counts_can_pass(void **state)
{
	_cleanup_free_ struct journal *j = good();

	(void)state;
	journal_state(j, outpost_State_When_BEFORE)->has_counts = false;
	journal_state(j, outpost_State_When_AFTER)->has_counts = false;
	assert_true(is_pass(j));
}

static void words_that_look_like_reports_are_none(void **state)
{
	static const char *const text[] = { "hello: WARNING: this is only text",
					    "hello: Oops, sorry", "hello: not ok, but whatever",
					    NULL };
	const char *const *const lines[6] = { [outpost_Step_LOADING] = text };
	_cleanup_free_ struct journal *j = journal_with(lines);

	(void)state;
	assert_true(is_pass(j));
}

static void a_load_that_stays_is_judged_as_such(void **state)
{
	_cleanup_free_ struct journal *j = good();

	(void)state;
	journal_first(j, outpost_Entry_plan_tag)->body.plan.purpose = outpost_Purpose_LOAD;
	assert_false(is_pass(j));
	journal_state(j, outpost_State_When_AFTER)->loaded = true;
	assert_true(is_pass(j));
	journal_first(j, outpost_Entry_plan_tag)->body.plan.purpose = outpost_Purpose_UNLOAD;
	assert_false(is_pass(j));
	journal_state(j, outpost_State_When_BEFORE)->loaded = true;
	journal_state(j, outpost_State_When_AFTER)->loaded = false;
	assert_true(is_pass(j));
}

/*
 * With one mechanism removed, a good run stays good, unless the mechanism overlooks something
 * on purpose.
 */
static void mechanisms_only_find_fault(void **state)
{
	_cleanup_free_ struct journal *j = good();

	(void)state;
	for (int m = 0; m < MECHANISM_COUNT; m++) {
		_cleanup_(run_result_release) struct run_result run = judge(j, 1u << m);

		if (m != MECHANISM_SETTLE && run.results[0].verdict != VERDICT_PASS)
			fail_msg("without %s it is %s: %s", mechanism_name(m),
				 verdict_name(run.results[0].verdict), run.results[0].summary.what);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(passes),
		cmocka_unit_test(every_entry_counts),
		cmocka_unit_test(every_source_of_evidence_counts),
		cmocka_unit_test(announced_taints_are_no_failure),
		cmocka_unit_test(what_user_space_writes_to_the_log_is_no_report),
		cmocka_unit_test(a_tainted_kernel_stays_as_it_was),
		cmocka_unit_test(a_refused_unload_that_then_works_is_no_failure),
		cmocka_unit_test(kernels_without_counts_can_pass),
		cmocka_unit_test(words_that_look_like_reports_are_none),
		cmocka_unit_test(a_load_that_stays_is_judged_as_such),
		cmocka_unit_test(mechanisms_only_find_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
