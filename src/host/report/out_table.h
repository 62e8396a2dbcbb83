/* SPDX-License-Identifier: GPL-2.0-only */
/* The verdict table, private to out_table.c (rows), details.c (what stands beneath a row) and
 * out_report.c (what the kernel said). */
#ifndef OUTPOST_OUT_TABLE_H
#define OUTPOST_OUT_TABLE_H

#include "common/strbuf.h"
#include "host/judge/result.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* As ECMA-48 numbers them. */
#define BOLD     "1"
#define DIM      "2"
#define RED      "31"
#define BOLD_RED "1;31"
#define GREEN    "32"
#define YELLOW   "33"
#define CYAN     "36"

/* What stands beneath a row: a label, and text beside it. */
#define TABLE_INDENT 2
#define TABLE_LABEL  8

struct table {
	struct strbuf text;
	size_t name_width;
	size_t columns;
	bool colour, verbose;
};

void table_add_coloured(struct table *t, const char *colour, const char *text);
void table_add_spaces(struct table *t, size_t n);

/* Text of the board's as one line that is safe to show. */
void table_clean_line(struct strbuf *out, const char *text);

/* The label column of what stands beneath a row; "" goes on under the last one. */
void table_add_label(struct table *t, const char *label);

/* Clean text, broken at blanks to fit; what has none (a path) stays whole. */
void table_add_wrapped(struct table *t, size_t indent, const char *text);

/* Both; the text is cleaned. */
void table_add_detail(struct table *t, const char *label, const char *text);

/* Of a terminal; 80 elsewhere. */
size_t table_columns(FILE *stream);

/* Source lines, stack and registers of a report; `source` may be NULL. */
void table_add_report(struct table *t, const struct klog_report *report,
		      const struct report_source *source);

/* Why it did not pass, and where to look; nothing for a pass, unless verbose. */
void table_add_details(struct table *t, const struct result *r);

#endif
