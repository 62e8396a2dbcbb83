/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the files verdict*.c. */
#ifndef OUTPOST_VERDICT_INTERNAL_H
#define OUTPOST_VERDICT_INTERNAL_H

#include "common/ktap/ktap.h"
#include "host/judge/verdict.h"
#include "host/judge/words.h"

/* A line of the kernel log of the window, from a record that was read or from what survived. */
struct log_line {
	uint64_t time_us;
	struct text text; /* points into the evidence */
	size_t marks;     /* upper bound of the steps begun by then */
	size_t order;
	uint64_t sequence; /* of the record */
	bool survived;
	bool user;    /* written by user space: dropped after merging */
	bool outside; /* logged while the modules it needs were being loaded or unloaded */
};

struct judge {
	const struct evidence *e;
	struct result *out;
	uint32_t off;
	struct strbuf survived; /* contents of pstore, as one text */
	struct log_line *lines;
	size_t n_lines;
	struct klog_report *reports; /* start and end are indexes into `lines` */
	bool *ours;                  /* for each report: does it concern this module? */
	size_t n_reports;
	struct ktap output, log; /* of the test program's output and of the kernel log */
};

static inline bool judge_has(const struct judge *j, enum mechanism mechanism)
{
	return !(j->off & 1u << mechanism);
}

/* Reads lines, reports and test results of the window; judge_release() frees them. */
void judge_read_log(struct judge *j);
/* Reads the lines only. verdict_lines.c */
void judge_read_lines(struct judge *j);
/* `record` is NULL for a line that survived. */
void judge_add_line(struct judge *j, uint64_t time_us, struct text text,
		    const struct evidence_record *record);
/* verdict_survivors.c. Call after the records are added. */
void judge_add_survivors(struct judge *j);
void judge_release(struct judge *j);

/* The step in which this line was logged, or the last begun step if not known. */
outpost_Step step_of_line(const struct judge *j, size_t line);
outpost_Step last_step(const struct evidence *e);

/* A hang, even if the kernel turned it into a panic. */
bool report_is_hang(const struct klog_report *report);

/* Applies the rules; sets out->verdict, phase, rule and summary. */
void judge_apply_rules(struct judge *j);

/* Sets the result with a summary of one clause. Newlines become blanks. Always returns true. */
bool decide(struct judge *j, enum verdict verdict, const char *phase, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* As decide(), for something that happened during this step of the module. */
bool decide_while(struct judge *j, enum verdict verdict, outpost_Step step, const char *what);
/* Adds the outcome for the board or the step to the summary. Always returns true. */
bool add_outcome(struct judge *j, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Which steps the run's purpose includes. */
bool judge_loads(const struct judge *j);
bool judge_tests(const struct judge *j);
bool judge_unloads(const struct judge *j);

/* The end of the step if it failed; NULL otherwise. */
const outpost_StepEnd *failed_end(const struct judge *j, outpost_Step step);

/* The first step that could not be ended; later steps ran beside it. NULL: none. */
const outpost_StepEnd *stuck_end(const struct judge *j);

/* What is missing from the evidence for a PASS, in words; NULL: nothing. */
const char *missing_evidence(const struct judge *j);

/* The rules. Each returns true if it has decided. */
bool rule_plan(struct judge *j);
bool rule_fatal_report(struct judge *j);
bool rule_stuck(struct judge *j);
bool rule_watchdog(struct judge *j);
bool rule_boot(struct judge *j);
bool rule_unreachable(struct judge *j);
bool rule_own_report(struct judge *j);
bool rule_cancel(struct judge *j);
bool rule_prepare(struct judge *j);
bool rule_run(struct judge *j);
bool rule_late(struct judge *j);
bool rule_result(struct judge *j);
bool rule_exit(struct judge *j);
bool rule_ktap(struct judge *j);
bool rule_log(struct judge *j);
bool rule_refused(struct judge *j);
bool rule_gone(struct judge *j);
bool rule_retry(struct judge *j);
bool rule_left(struct judge *j);
bool rule_taint(struct judge *j);
bool rule_silence(struct judge *j);
bool rule_other_report(struct judge *j);
bool rule_lost(struct judge *j);
bool rule_output(struct judge *j);
bool rule_taint_alone(struct judge *j);
bool rule_counts(struct judge *j);
bool rule_evidence(struct judge *j);

#endif
