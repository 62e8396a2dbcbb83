/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OUTPOST_MIRROR_PUT_H
#define OUTPOST_MIRROR_PUT_H

#include "host/build/inventory.h"

#include <time.h>

/*
 * Makes one entry of a copy, the folder with the descriptor `copy`, replacing whatever is there:
 * the file `from`, a link or a folder. `time`: the file's modification time; NULL: that of
 * `from`. 0 or -errno, logged.
 */
int mirror_put(const char *from, int copy, const struct inventory_entry *entry,
	       const struct timespec *time);

#endif
