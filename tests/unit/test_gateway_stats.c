// SPDX-License-Identifier: GPL-2.0-only
/* The figures of the prober, for series whose figures are known. */
#include "unit.h"

#include "common/cleanup.h"
#include "gateway/probe_stats.h"

static struct probe_stats stats;

static int set_up(void **state)
{
	(void)state;
	stats = (struct probe_stats){ 0 };
	return 0;
}

static struct probe_summary sum(void)
{
	struct probe_summary s;

	probe_stats_sum(&stats, &s);
	return s;
}

static void test_nothing(void **state)
{
	(void)state;
	assert_int_equal(sum().samples, 0);
	assert_int_equal(sum().p50_us, 0);
	assert_int_equal(sum().p95_us, 0);
	assert_int_equal(sum().jitter_us, 0);
}

/* 1..100 in any order: the nearest rank of 50 % is 50, of 95 % 95. */
static void test_percentiles(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 100; i++)
		probe_stats_add(&stats, i * 37 % 100 + 1);
	assert_int_equal(sum().samples, 100);
	assert_int_equal(sum().p50_us, 50);
	assert_int_equal(sum().p95_us, 95);
}

static void test_few_samples(void **state)
{
	(void)state;
	probe_stats_add(&stats, 7);
	assert_int_equal(sum().p50_us, 7);
	assert_int_equal(sum().p95_us, 7);
	probe_stats_add(&stats, 9);
	assert_int_equal(sum().p50_us, 7);
	assert_int_equal(sum().p95_us, 9);
	probe_stats_add(&stats, 8);
	assert_int_equal(sum().p50_us, 8);
}

/* Only the last PROBE_WINDOW count. */
static void test_window(void **state)
{
	(void)state;
	for (int i = 0; i < 1000; i++)
		probe_stats_add(&stats, 1000000);
	for (int i = 0; i < PROBE_WINDOW; i++)
		probe_stats_add(&stats, 5);
	assert_int_equal(sum().samples, PROBE_WINDOW);
	assert_int_equal(sum().p95_us, 5);
	probe_stats_add_lost(&stats);
	assert_int_equal(sum().samples, PROBE_WINDOW);
	assert_int_equal(sum().lost, 1);
}

static void test_lost(void **state)
{
	(void)state;
	probe_stats_add_lost(&stats);
	assert_int_equal(sum().samples, 1);
	assert_int_equal(sum().lost, 1);
	assert_int_equal(sum().p50_us, 0);
	probe_stats_add(&stats, 10);
	assert_int_equal(sum().p50_us, 10);
	assert_int_equal(sum().lost, 1);
}

/*
 * RFC 3550, A.8: J += |D| - ((J + 8) >> 4), and J >> 4 is shown. For |D| = 1600 each time: 1600,
 * then 1600 + 1600 - 100 = 3100, 3100 + 1600 - 194 = 4506, 4506 + 1600 - 282 = 5824.
 */
static void test_jitter(void **state)
{
	static const unsigned int shown[] = { 0, 1600 / 16, 3100 / 16, 4506 / 16, 5824 / 16 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(shown); i++) {
		probe_stats_add(&stats, i % 2 ? 11600 : 10000);
		assert_int_equal(sum().jitter_us, shown[i]);
	}
	for (int i = 0; i < 1000; i++)
		probe_stats_add(&stats, i % 2 ? 11600 : 10000);
	assert_in_range(sum().jitter_us, 1590, 1600); /* it approaches the mean difference */
}

static void test_no_jitter(void **state)
{
	(void)state;
	for (int i = 0; i < 300; i++)
		probe_stats_add(&stats, 23456);
	assert_int_equal(sum().jitter_us, 0);
}

/* Another path has another round trip; that does not count as jitter. */
static void test_jitter_after_a_break(void **state)
{
	(void)state;
	probe_stats_add(&stats, 10000);
	probe_stats_break(&stats);
	probe_stats_add(&stats, 90000);
	assert_int_equal(sum().jitter_us, 0);
}

static void test_extreme_round_trips(void **state)
{
	(void)state;
	probe_stats_add(&stats, UINT64_MAX);
	probe_stats_add(&stats, 0);
	assert_int_equal(sum().lost, 0);
	assert_int_equal(sum().p95_us, PROBE_LOST - 1);
	assert_int_equal(sum().p50_us, 0);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nothing),
		TEST(test_percentiles),
		TEST(test_few_samples),
		TEST(test_window),
		TEST(test_lost),
		TEST(test_jitter),
		TEST(test_no_jitter),
		TEST(test_jitter_after_a_break),
		TEST(test_extreme_round_trips),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
