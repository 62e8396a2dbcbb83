// SPDX-License-Identifier: GPL-2.0-only
#include "host/base/exit_status.h"
#include "host/judge/result.h"
#include "sample_run.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/*
 * The table of verdicts and exit statuses: the worst verdict decides, and a run without
 * verdicts is an error.
 */
static void test_exit_status(void **state)
{
	static const struct {
		unsigned int counts[VERDICT_COUNT];
		int status;
	} rows[] = {
		{ { 0 }, STATUS_TROUBLE },
		{ { [VERDICT_SKIP] = 3 }, STATUS_TROUBLE },
		{ { [VERDICT_PASS] = 1 }, STATUS_OK },
		{ { [VERDICT_PASS] = 1, [VERDICT_SKIP] = 1 }, STATUS_OK },
		{ { [VERDICT_PASS] = 9, [VERDICT_FAIL] = 1 }, STATUS_FAIL },
		{ { [VERDICT_SKIP] = 9, [VERDICT_FAIL] = 1 }, STATUS_FAIL },
		{ { [VERDICT_PASS] = 9, [VERDICT_INCONCLUSIVE] = 1 }, STATUS_FAIL },
		{ { [VERDICT_FAIL] = 9, [VERDICT_LOST] = 1 }, STATUS_TROUBLE },
		{ { [VERDICT_FAIL] = 9, [VERDICT_ERROR] = 1 }, STATUS_TROUBLE },
		{ { [VERDICT_ERROR] = 9, [VERDICT_CRASH] = 1 }, STATUS_CRASH },
		{ { [VERDICT_LOST] = 9, [VERDICT_HANG] = 1 }, STATUS_CRASH },
		{ { 1, 1, 1, 1, 1, 1, 1, 1 }, STATUS_CRASH },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int status = verdict_exit_status(rows[i].counts);

		if (status != rows[i].status)
			fail_msg("row %zu: %d, expected %d", i, status, rows[i].status);
	}
}

static void test_verdict_names(void **state)
{
	(void)state;
	for (int v = 0; v < VERDICT_COUNT; v++)
		assert_int_equal(verdict_from_name(verdict_name(v)), v);
	assert_string_equal(verdict_name(VERDICT_INCONCLUSIVE), "inconclusive");
	assert_int_equal(verdict_from_name("passed"), -EINVAL);
	assert_int_equal(verdict_from_name(""), -EINVAL);
	for (int t = 0; t < TIMING_COUNT; t++)
		assert_non_null(timing_name(t));
}

static void test_add_counts(void **state)
{
	struct run_result run;

	(void)state;
	sample_run(&run, "20260102-150405-1a2b3c");
	assert_int_equal(run.n, 9);
	assert_int_equal(run.counts[VERDICT_PASS], 2);
	for (int v = VERDICT_PASS + 1; v < VERDICT_COUNT; v++)
		assert_int_equal(run.counts[v], 1);
	assert_int_equal(run.results[0].timings_ms[TIMING_TEST], -1);
	run_result_release(&run);
	assert_int_equal(run.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exit_status),
		cmocka_unit_test(test_verdict_names),
		cmocka_unit_test(test_add_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
