/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the verdict share. */
#ifndef OUTPOST_VERDICT_INTERNAL_H
#define OUTPOST_VERDICT_INTERNAL_H

#include "common/ktap/ktap.h"
#include "host/judge/verdict.h"
#include "host/judge/words.h"

/* A line of the kernel log of the window: of a record that was read, or of what survived. */
struct log_line {
	uint64_t time_us;
	struct text text; /* within the evidence */
	size_t marks;     /* steps begun by then, at most */
	size_t order;
	uint64_t sequence; /* of the record */
	bool survived;
	bool user;    /* user space wrote it: gone once all is put together */
	bool outside; /* while what the module needs was loaded, or unloaded again */
};

struct judge {
	const struct evidence *e;
	struct result *out;
	uint32_t off;
	struct strbuf survived; /* what pstore kept, as one text */
	struct log_line *lines;
	size_t n_lines;
	struct klog_report *reports; /* start and end are numbers of lines */
	bool *ours;                  /* likewise: does the report concern this module? */
	size_t n_reports;
	struct ktap output, log; /* what the test program printed, and the kernel log */
};

static inline bool judge_has(const struct judge *j, enum mechanism mechanism)
{
	return !(j->off & 1u << mechanism);
}

/* Lines, reports and test results of the window; judge_release() frees them. */
void judge_read_log(struct judge *j);
/* The lines alone. verdict_lines.c */
void judge_read_lines(struct judge *j);
/* `record`: NULL for what survived. */
void judge_add_line(struct judge *j, uint64_t time_us, struct text text,
		    const struct evidence_record *record);
/* verdict_survivors.c: once the records are there */
void judge_add_survivors(struct judge *j);
void judge_release(struct judge *j);

/* The step in which this line was logged; the one that began last, where that is not known. */
outpost_Step step_of_line(const struct judge *j, size_t line);
outpost_Step last_step(const struct evidence *e);

/* A hang, though the kernel may have made a panic of it. */
bool report_is_hang(const struct klog_report *report);

/* Goes through the rules; out->verdict, phase, rule and summary are set. */
void judge_apply_rules(struct judge *j);

/* Sets the result, with a summary that is one clause; always true. Newlines become blanks. */
bool decide(struct judge *j, enum verdict verdict, const char *phase, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* Likewise: it happened while the module went through this step. */
bool decide_while(struct judge *j, enum verdict verdict, outpost_Step step, const char *what);
/* Adds to the summary what became of the board or the step; always true. */
bool add_outcome(struct judge *j, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Which of its ways the module had to go. */
bool judge_loads(const struct judge *j);
bool judge_tests(const struct judge *j);
bool judge_unloads(const struct judge *j);

/* The step's end, when there is one that went wrong; NULL otherwise. */
const outpost_StepEnd *failed_end(const struct judge *j, outpost_Step step);

/* The first step that could not be ended; what came after it was beside it. NULL: none. */
const outpost_StepEnd *stuck_end(const struct judge *j);

/* What of the evidence for a PASS is not there, in words; NULL: nothing. */
const char *missing_evidence(const struct judge *j);

/* The rules; true when one has decided. */
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
