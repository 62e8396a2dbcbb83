/* SPDX-License-Identifier: GPL-2.0-only */
/* The verdict table, private to out_table.c (rows) and out_details.c (what stands beneath a row).
 */
#ifndef OUTPOST_OUT_TABLE_H
#define OUTPOST_OUT_TABLE_H

#include "common/strbuf.h"
#include "host/result.h"

#include <stdbool.h>
#include <stddef.h>

/* As ECMA-48 numbers them. */
#define DIM      "2"
#define RED      "31"
#define BOLD_RED "1;31"
#define GREEN    "32"
#define YELLOW   "33"
#define CYAN     "36"

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

/* Why it did not pass, and what there is to look at; nothing for a pass, unless verbose. */
void table_add_details(struct table *t, const struct result *r);

#endif
