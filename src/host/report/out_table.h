/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tables: rows, and lines with a label below them. The verdict table consists of out_table.c
 * (rows), details.c (the lines below a row) and out_report.c (kernel reports).
 */
#ifndef OUTPOST_OUT_TABLE_H
#define OUTPOST_OUT_TABLE_H

#include "common/strbuf.h"
#include "host/judge/result.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Codes of ECMA-48. */
#define BOLD     "1"
#define DIM      "2"
#define RED      "31"
#define BOLD_RED "1;31"
#define GREEN    "32"
#define YELLOW   "33"
#define CYAN     "36"

/* The lines below a row: a label, then text. */
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

/* Appends text from the board as one line that is safe to display. */
void table_clean_line(struct strbuf *out, const char *text);

/* Adds the label column of a line below a row; "" continues the entry above. */
void table_add_label(struct table *t, const char *label);

/* Adds clean text, wrapped at blanks; a word that is too long (a path) is not broken. */
void table_add_wrapped(struct table *t, size_t indent, const char *text);

/* Adds a label and cleaned, wrapped text. */
void table_add_detail(struct table *t, const char *label, const char *text);

/* Width of the terminal; 80 if the stream is not one. */
size_t table_columns(FILE *stream);

/* Adds source lines, stack and registers of a report; `source` may be NULL. */
void table_add_report(struct table *t, const struct klog_report *report,
		      const struct report_source *source);

/* Adds why the module did not pass and where to look; nothing for a pass, unless verbose. */
void table_add_details(struct table *t, const struct result *r);

#endif
