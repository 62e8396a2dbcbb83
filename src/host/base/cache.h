/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who uses the cache, path_cache(): every outpost that builds or reads what is in it, until it
 * exits. `outpost clean` removes nothing that another process uses.
 */
#ifndef OUTPOST_CACHE_H
#define OUTPOST_CACHE_H

#include <stdbool.h>

/*
 * Waits for an outpost that removes the cache. A descriptor that the caller keeps open as long
 * as it uses the cache, or -errno, logged.
 */
int cache_use(void);

/* As cache_use(), for this process alone. -EBUSY (logged) if another process uses the cache. */
int cache_claim(void);

/* Removes the builds, or with `all` everything. The caller has claimed it. 0 or -errno, logged. */
int cache_remove(bool all);

#endif
