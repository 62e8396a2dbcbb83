/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The summary of a result, kept in parts: what happened, where, during which step, and the
 * outcome. Only summary_add_text() turns it into a sentence, for display; nothing parses that
 * sentence.
 */
#ifndef OUTPOST_SUMMARY_H
#define OUTPOST_SUMMARY_H

#include "common/klog/klog.h"
#include "common/strbuf.h"
#include "host/symbolize/symbolize.h"

#include <stdbool.h>

/* Owns all strings except `doing`. NULL: none. */
struct summary {
	char *what;        /* a clause; the whole summary if it is the only part */
	struct site where; /* function NULL: no particular place */
	char *module;      /* the module of `where`; NULL: the kernel itself, or not known */
	bool unloaded;     /* the module of `where` was no longer in memory */
	struct site from;  /* in the module under test, which called `where` */
	const char *doing; /* step_doing(): what was being done to the module under test */
	char *outcome;     /* what became of the board, or of the step */
	char **remarks;    /* about how it was tested */
	int report;        /* index of the decisive report in the result; -1: none */
};

/* An empty summary. */
/* clang-format off */
#define SUMMARY_INIT { .report = -1 }
/* clang-format on */

void summary_release(struct summary *summary);

/* Sets `what` and `where` from a report: from its title only, without looking up sources. */
void summary_set_report(struct summary *summary, const struct klog_report *report);

/* Appends the sentence; `tested` is the module under test. */
void summary_add_text(const struct summary *summary, const char *tested, struct strbuf *out);

#endif
