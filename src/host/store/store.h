/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What was run before: results.db (SQLite) under path_state(), and a folder
 * runs/<run>/ each with the copy of the board's journal and the kernel logs.
 * A run is entered when it starts, so that one whose host went away is found
 * and collected later.
 */
#ifndef OUTPOST_STORE_H
#define OUTPOST_STORE_H

#include "common/cleanup.h"
#include "host/judge/result.h"

#include <jansson.h>

struct store;

/*
 * Opens it, made if need be. Two processes may use it at once, and one killed
 * at any point leaves it whole. 0 or -errno, logged; -EUCLEAN: it is damaged.
 */
int store_open(struct store **store);
void store_close(struct store *store);
DEFINE_CLEANUP(struct store *, store_close);

/* A new run id, made of the time and chance: "20260102-150405-1a2b3c". The caller frees it. */
char *store_new_run(void);

/* The folder of a run, made if need be; the caller frees it. NULL, logged, when it cannot be made. */
char *store_run_dir(const char *run);

/* Enters a run as open. 0 or -errno, logged. */
int store_begin(struct store *store, const char *run, const char *board, long long started_s);

/*
 * Enters its results, with the JSON document, and closes it whatever it was
 * before; one whose end is not known (run->open) stays open. 0 or -errno, logged.
 */
int store_finish(struct store *store, const struct run_result *run, const json_t *document);

/* Runs on this board that have no result yet, oldest first (strv_free()). 0 or -errno, logged. */
int store_open_runs(struct store *store, const char *board, char ***runs);

/* Gives up on an open run: the board does not know it (any more). 0 or -errno, logged. */
int store_abandon(struct store *store, const char *run, const char *why);

/* An open run that never was one. 0 or -errno, logged. */
int store_forget(struct store *store, const char *run);

/*
 * The id of the run that `word` means: the whole id, the beginning of it or of
 * its last part where only one has it, or "last" for the newest with a result.
 * 0, -ENOENT, -ENOTUNIQ or another -errno, all logged. The caller frees it.
 */
int store_find(struct store *store, const char *word, char **run);

/*
 * One row a run, the newest first, at most `limit` (0: all), of one board or
 * of all (NULL): {"run","board","kernel","started" (ISO 8601, UTC),
 * "started_s","state":"open"|"finished"|"cancelled"|"abandoned","why","summary"};
 * why and summary (the counts) are null where there is none. 0 or -errno, logged.
 */
int store_list(struct store *store, const char *board, int limit, json_t **rows);

/* The document of a finished run. 0 or -errno, logged; -ENOENT: it has none. */
int store_get(struct store *store, const char *run, json_t **document);

#endif
