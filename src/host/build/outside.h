/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files outside a unit's work/ that its last make read: see deps_foo.o in compdb.h. In the kernel
 * tree only if the user builds that in place.
 */
#ifndef OUTPOST_OUTSIDE_H
#define OUTPOST_OUTSIDE_H

#include "host/build/neighbours.h"
#include "host/build/unit.h"

#include <stdbool.h>

/* Their real paths, without those that come with compilers; free them with strv_free(). */
char **outside_files(const struct unit *unit);

/* A descriptor of a copy next to the unit's; -errno, not logged. */
int outside_open_copy(const struct unit *unit, const struct neighbour *neighbour);

/* Only trees that the user builds in place can change; Outpost's never do. */
bool outside_tree_can_change(const struct kernel_tree *tree);

#endif
