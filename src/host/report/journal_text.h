/* SPDX-License-Identifier: GPL-2.0-only */
/* A journal as text, one line an entry, for people who debug a run. */
#ifndef OUTPOST_JOURNAL_TEXT_H
#define OUTPOST_JOURNAL_TEXT_H

#include "common/strbuf.h"

#include <stdbool.h>

/*
 * Appends one line for each whole entry at the start of `data`: its time in seconds since boot,
 * what it is, and its fields. Control characters in the board's text are written as \xNN, newlines
 * as \n. Returns how many bytes the entries are: less than n if the last one is cut off, or if
 * what follows is not an entry (*damaged). Logs nothing.
 */
size_t journal_text(const void *data, size_t n, struct strbuf *out, bool *damaged);

#endif
