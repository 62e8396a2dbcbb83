/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Results: the verdicts of a run and the facts behind them; created by verdict.c, read by
 * report/ and store/.
 */
#ifndef OUTPOST_RESULT_H
#define OUTPOST_RESULT_H

#include "host/judge/summary.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum verdict {
	VERDICT_PASS,
	VERDICT_FAIL,
	VERDICT_CRASH,
	VERDICT_HANG,
	VERDICT_LOST,
	VERDICT_INCONCLUSIVE,
	VERDICT_SKIP,
	VERDICT_ERROR,
	VERDICT_COUNT,
};

/* "pass", "fail", ... */
const char *verdict_name(enum verdict verdict);

/* The verdict with this name, or -EINVAL. */
int verdict_from_name(const char *name);

/*
 * The exit status of a run with these counts: the worst verdict decides; STATUS_TROUBLE if
 * nothing was judged.
 */
int verdict_exit_status(const unsigned int counts[VERDICT_COUNT]);

enum timing {
	TIMING_BUILD,
	TIMING_CHECK,
	TIMING_DEPLOY,
	TIMING_LOAD,
	TIMING_TEST,
	TIMING_UNLOAD,
	TIMING_SETTLE,
	TIMING_COUNT,
};

/* "build", "check", ... */
const char *timing_name(enum timing timing);

struct result {
	char *module;
	enum verdict verdict;
	const char *phase; /* the decisive phase: timing_name() or step_phase() */
	const char *rule;  /* name of the rule that decided, see verdict.h; "" for pass and skip */
	struct summary summary;
	int duration_ms;
	int timings_ms[TIMING_COUNT]; /* -1: step not done */
	unsigned int ktap_pass, ktap_fail, ktap_skip;
	char **ktap_failed;          /* names */
	struct klog_report *reports; /* in this module's window */
	size_t n_reports;
	struct report_source *sources; /* one for each report; NULL: not looked up */
	size_t log_records;
	uint64_t log_lost;
	char *log;      /* path of the saved kernel log of the window; NULL: not saved */
	char *recovery; /* what was tried to get the board back, in words; NULL: nothing */
	char *output;   /* the end of the test program's output, raw; NULL: no output */
};

struct run_result {
	char *run; /* id */
	char *board;
	char *kernel;        /* release; "" if the board was never reached */
	char *boot_id;       /* at the start */
	long long started_s; /* seconds since the epoch, by the host's clock */
	int duration_ms;
	bool cancelled;
	bool open; /* the end is not yet known here: the run is collected later */
	struct result *results;
	size_t n;
	unsigned int counts[VERDICT_COUNT];
	struct json_t *document; /* owns what phase, rule and summary.doing point to, or NULL */
};

/* Initializes a result: all zeroes, no step done. */
void result_init(struct result *result);
void result_release(struct result *result);

/* The summary in one line; the caller frees it. */
char *result_summary(const struct result *result) __attribute__((returns_nonnull));

/* The source of a report of this result; the first call allocates those of all reports. */
struct report_source *result_source(struct result *result, size_t report);

/* Adds and counts a result; takes ownership of its contents. */
void run_result_add(struct run_result *run, const struct result *result);
void run_result_release(struct run_result *run);

#endif
