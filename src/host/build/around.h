/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All files beside a unit's folder that its build may read: those that its sources name, and
 * everything in the folders that they name (see neighbours.h). No list of dependencies has
 * makefiles and data there, nor a new header that is found before another. `around` in the
 * unit's folder lists what the last make could find.
 */
#ifndef OUTPOST_AROUND_H
#define OUTPOST_AROUND_H

#include "host/build/inventory.h"
#include "host/build/products.h"
#include "host/build/unit.h"

#define AROUND_FILES_MAX 100000 /* with so many, nobody can tell what changed */

/* Is everything as before the last make? */
bool around_holds(const struct unit *unit);

/*
 * Before make: lists them in `now`, with absolute paths, sorted, and adds to `change` how
 * that differs from the time before the last make. `made`: when that ended, or 0; make itself
 * notices C files that were modified later.
 */
void around_compare(const struct unit *unit, time_t made, struct inventory *now,
		    struct products_change *change);

/* Writes the list when outdated products are removed. 0 or -errno, logged. */
int around_write(const struct unit *unit, const struct inventory *now);

/* Adds the names of the headers in that list, relative to the user's folder. */
void around_add_headers(const struct unit *unit, struct strbuf *list);

bool around_is_header(const char *path);

#endif
