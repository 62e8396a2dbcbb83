/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a result says for a person, kept in parts: what happened, where, while
 * what was being done, and what became of it. Only summary_add_text() makes a
 * sentence of them, when the result is shown; nothing reads that sentence.
 */
#ifndef OUTPOST_SUMMARY_H
#define OUTPOST_SUMMARY_H

#include "common/klog/klog.h"
#include "common/strbuf.h"
#include "host/symbolize/symbolize.h"

#include <stdbool.h>

/* All strings but `doing` are the summary's own. NULL: there is none. */
struct summary {
	char *what;        /* a clause; all of it, where there are no other parts */
	struct site where; /* function NULL: nowhere in particular */
	char *module;      /* that this is in; NULL: the kernel itself, or not known */
	bool unloaded;     /* `where` was not in memory any more */
	struct site from;  /* of the module under test, which called into `where` */
	const char *doing; /* step_doing(): done to the module under test when it happened */
	char *outcome;     /* what became of the board, or of the step */
	char **remarks;    /* on how it was tested */
	int report;        /* the report of the result that decided, by its index; -1: none */
};

/* There is nothing to say yet. */
/* clang-format off */
#define SUMMARY_INIT { .report = -1 }
/* clang-format on */

void summary_release(struct summary *summary);

/* Takes what and where from a report; from its title alone, its sources are another matter. */
void summary_set_report(struct summary *summary, const struct klog_report *report);

/* Appends the sentence; `tested` is the module under test. */
void summary_add_text(const struct summary *summary, const char *tested, struct strbuf *out);

#endif
