/* SPDX-License-Identifier: GPL-2.0-only */
/* Prints a journal as text, one line per entry, for debugging a run. */
#ifndef OUTPOST_JOURNAL_TEXT_H
#define OUTPOST_JOURNAL_TEXT_H

#include "common/strbuf.h"

#include <stdbool.h>

/*
 * Appends one line for each complete entry at the start of `data`: its time in seconds since
 * boot, its type, and its fields. Control characters in text from the board become \xNN,
 * newlines \n. Returns the size of the entries in bytes: less than n if the last one is
 * incomplete, or if what follows is not an entry (*damaged). Logs nothing.
 */
size_t journal_text(const void *data, size_t n, struct strbuf *out, bool *damaged);

#endif
