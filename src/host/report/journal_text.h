/* SPDX-License-Identifier: GPL-2.0-only */
/* A journal as text, one line an entry, for people who debug a run. */
#ifndef OUTPOST_JOURNAL_TEXT_H
#define OUTPOST_JOURNAL_TEXT_H

#include "common/proto.h"
#include "common/strbuf.h"

/* The names of the plan's modules, by index; they come with the first entries. */
struct journal_names {
	char **names; /* strv_free() */
	size_t n;
};

/*
 * Appends one line for the entry: its time in seconds since boot, what it is, and its fields.
 * Control characters in the board's text are written as \xNN, newlines as \n.
 */
void journal_text_entry(const outpost_Entry *entry, struct journal_names *names,
			struct strbuf *out);

#endif
