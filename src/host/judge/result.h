/* SPDX-License-Identifier: GPL-2.0-only */
/* Results: the verdicts of a run and what they rest on; made by verdict.c, read by report/ and
 * store/. */
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

/* The verdict of this name, or -EINVAL. */
int verdict_from_name(const char *name);

/* What a run with these counts exits with: the worst decides; nothing judged is STATUS_TROUBLE. */
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
	const char *phase; /* in which it was decided: timing_name(), or step_phase() */
	const char
		*rule; /* the name of the rule that decided, see verdict.h; "" for pass and skip */
	struct summary summary;
	int duration_ms;
	int timings_ms[TIMING_COUNT]; /* -1: that step was not done */
	unsigned int ktap_pass, ktap_fail, ktap_skip;
	char **ktap_failed;          /* names */
	struct klog_report *reports; /* of this module's window */
	size_t n_reports;
	struct report_source *sources; /* likewise; NULL: none was looked up */
	size_t log_records;
	uint64_t log_lost;
	char *log;      /* path of the saved kernel log of the window; NULL: none was saved */
	char *recovery; /* what was tried to get the board back, in words; NULL: nothing */
	char *output;   /* the end of the test program's output, raw; NULL when it had none */
};

struct run_result {
	char *run; /* id */
	char *board;
	char *kernel;        /* release; "" when the board was never reached */
	char *boot_id;       /* at the start */
	long long started_s; /* seconds since the epoch, by the host's clock */
	int duration_ms;
	bool cancelled;
	bool open; /* how it ended is not known here yet: it is collected later */
	struct result *results;
	size_t n;
	unsigned int counts[VERDICT_COUNT];
	struct json_t *
		document; /* what phase, rule and summary.doing point into, where it was read back; else NULL */
};

/* All zeroes and no step done: what a result starts as. */
void result_init(struct result *result);
void result_release(struct result *result);

/* One line for a person: the caller's. */
char *result_summary(const struct result *result) __attribute__((returns_nonnull));

/* Of a report of this result; makes room for all of them at the first use. */
struct report_source *result_source(struct result *result, size_t report);

/* Adds a result, which is taken over, and counts it. */
void run_result_add(struct run_result *run, const struct result *result);
void run_result_release(struct run_result *run);

#endif
