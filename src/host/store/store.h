/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Earlier runs: results.db (SQLite) under path_state(), and for each run a folder runs/<run>/
 * with a copy of the board's journal and the kernel logs. A run is entered when it starts, so
 * that it can be found and collected later if its host goes away.
 */
#ifndef OUTPOST_STORE_H
#define OUTPOST_STORE_H

#include "common/cleanup.h"
#include "common/tunnel_status.h"
#include "host/judge/result.h"

#include <jansson.h>

struct store;

/*
 * Opens the store; creates it if missing. Several processes may use it at once, and killing
 * one at any point does not damage it. 0 or -errno, logged; -EUCLEAN: the store is damaged.
 */
int store_open(struct store **store);
void store_close(struct store *store);
DEFINE_CLEANUP(struct store *, store_close);

/* A new run id, from the time and random digits: "20260102-150405-1a2b3c". The caller frees it. */
char *store_new_run(void);

/* The folder of a run; creates it if missing. The caller frees it. NULL (logged) on failure. */
char *store_run_dir(const char *run);

/* Enters a run as open. 0 or -errno, logged. */
int store_begin(struct store *store, const char *run, const char *board, long long started_s);

/*
 * Enters the results of a run with the JSON document, and closes the run, whatever its state;
 * a run whose end is not known (run->open) stays open. 0 or -errno, logged.
 */
int store_finish(struct store *store, const struct run_result *run, const json_t *document);

/* Runs on this board without a result, oldest first (strv_free()). 0 or -errno, logged. */
int store_open_runs(struct store *store, const char *board, char ***runs);

/* The names of the boards that have such runs, sorted (strv_free()). 0 or -errno, logged. */
int store_open_boards(struct store *store, char ***boards);

/* Abandons an open run: the board does not (or no longer) know it. 0 or -errno, logged. */
int store_abandon(struct store *store, const char *run, const char *why);

/* Deletes an open run that never started. 0 or -errno, logged. */
int store_forget(struct store *store, const char *run);

/*
 * The id of the run that `word` refers to: a whole id, a unique prefix of an id or of its last
 * part, or "last" for the newest run with a result. 0, -ENOENT, -ENOTUNIQ or another -errno,
 * all logged. The caller frees it.
 */
int store_find(struct store *store, const char *word, char **run);

/*
 * One row per run, the newest first, at most `limit` (0: all), of one board or of all (NULL):
 * {"run","board","kernel","started" (ISO 8601, UTC),
 * "started_s","state":"open"|"finished"|"cancelled"|"abandoned","why","summary"}; why and
 * summary (the counts) are null if not known. 0 or -errno, logged.
 */
int store_list(struct store *store, const char *board, int limit, json_t **rows);

/*
 * Enters outages of a board's tunnel; those that are there already stay as they are. Keeps the
 * newest STORE_OUTAGES of each board. 0 or -errno, logged.
 */
#define STORE_OUTAGES 1000
int store_add_outages(struct store *store, const char *board, const struct tunnel_outage *outages,
		      size_t n);

/*
 * The newest outages of a board, the newest first, at most `limit`: an array that the caller
 * frees. 0 or -errno, logged.
 */
int store_outages(struct store *store, const char *board, size_t limit,
		  struct tunnel_outage **outages, size_t *n);

/* The document of a finished run. 0 or -errno, logged; -ENOENT: the run has none. */
int store_get(struct store *store, const char *run, json_t **document);

#endif
