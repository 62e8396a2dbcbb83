/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kbuild takes a while to find out that nothing needs to be done. The stamp of a successful
 * build describes how make was called, and each file outside the copy that it read, with its
 * time (in the kernel tree only if the user builds that in place). If it still matches and the
 * copy did not change, nothing needs to be done.
 */
#ifndef OUTPOST_STAMP_H
#define OUTPOST_STAMP_H

#include "common/strbuf.h"
#include "host/build/unit.h"

#include <stdbool.h>
#include <time.h>

bool stamp_holds(const struct unit *unit);

/*
 * Before make runs, stamp_begin() removes the stamp and stores in `text` what make is going to
 * use; after a successful make, stamp_write() writes it with the files that make read. If
 * something changes in between, the stamp does not match. A failure to write only costs time,
 * and is not logged.
 */
void stamp_begin(const struct unit *unit, struct strbuf *text);
void stamp_write(const struct unit *unit, struct strbuf *text);

/*
 * Was a file outside the copy that the last make read saved after `since` (CLOCK_REALTIME)?
 * The compiler may have read the old version, but make would take the younger object for
 * current.
 */
bool stamp_is_overtaken(const struct unit *unit, const struct timespec *since);
void stamp_remove(const struct unit *unit);

/*
 * make compares times of what it read, so it does not notice if a file outside the copy is
 * replaced by an older one, or a new one is found first. stamp_note_outside() notes what was read
 * after each make; before the next, stamp_drop_replaced() removes what was built from what
 * changed there or around the folder (see around.h). 0 or -errno, logged.
 */
void stamp_note_outside(const struct unit *unit);
int stamp_drop_replaced(const struct unit *unit);

#endif
