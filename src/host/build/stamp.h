/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kbuild takes its time to find out that there is nothing to do. The stamp of a
 * good build says what it was made with: how make was called, and each file
 * outside the copy that it read, with its time (in the kernel tree only where
 * the user builds that himself). While that holds and the copy did not change,
 * there is nothing to do.
 */
#ifndef OUTPOST_STAMP_H
#define OUTPOST_STAMP_H

#include "common/strbuf.h"
#include "host/build/unit.h"

#include <stdbool.h>
#include <time.h>

bool stamp_holds(const struct unit *unit);

/*
 * Before make is run there is none any more, and `text` (the caller's) takes what
 * make is going to find; after a good one it is written, with what that read. What
 * changed meanwhile then does not hold. Failing to write costs time only, and is
 * not logged.
 */
void stamp_begin(const struct unit *unit, struct strbuf *text);
void stamp_write(const struct unit *unit, struct strbuf *text);

/*
 * Was a file outside the copy, which the last make read, saved since then
 * (CLOCK_REALTIME)? The compiler may have read what it was before, and make
 * would take the younger object for current.
 */
bool stamp_is_overtaken(const struct unit *unit, const struct timespec *since);
void stamp_remove(const struct unit *unit);

/*
 * make compares times: a file outside the copy that an older one has taken the
 * place of is current for it. Which there are is noted after each make; before
 * the next, what was made of one that is another since goes. 0 or -errno, logged.
 */
void stamp_note_outside(const struct unit *unit);
int stamp_drop_replaced(const struct unit *unit);

#endif
