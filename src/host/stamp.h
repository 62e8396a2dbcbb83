/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kbuild needs more than half a second to find out that there is nothing to
 * do. The stamp of a good build says what it was made with: how make was
 * called, and each file outside the copy and the kernel tree that it read,
 * with its time. While that holds and the copy did not change, there is
 * nothing to do.
 */
#ifndef OUTPOST_STAMP_H
#define OUTPOST_STAMP_H

#include "host/unit.h"

#include <stdbool.h>

bool stamp_holds(const struct unit *unit);

/* After a good build. Failing to write one costs time only, and is not said. */
void stamp_write(const struct unit *unit);
void stamp_remove(const struct unit *unit);

#endif
