/* SPDX-License-Identifier: GPL-2.0-only */
/* The results store. Private to store.c (the database file), runs.c and outages.c (its rows). */
#ifndef OUTPOST_STORE_INTERNAL_H
#define OUTPOST_STORE_INTERNAL_H

#include "common/cleanup.h"

#include <sqlite3.h>

struct store {
	sqlite3 *db;
	char *dir;
	char *path;
};

/* Logs the last error, "Cannot <what> <path>: ...", and a hint. Returns -errno. */
int store_error(const struct store *s, const char *what);

static inline void store_finalizep(sqlite3_stmt **st)
{
	sqlite3_finalize(*st);
}
#define _cleanup_statement_ _cleanup_(store_finalizep)

#endif
