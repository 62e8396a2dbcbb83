// SPDX-License-Identifier: GPL-2.0-only
#include "common/alloc.h"
#include "common/log.h"
#include "common/strv.h"
#include "host/base/json_make.h"
#include "host/store/store.h"
#include "host/store/internal.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

/*
 * Prepares `sql` and binds the strings that follow, terminated by END, to ?1, ?2, ...; NULL
 * becomes SQL's NULL.
 */
#define END ((const char *)-1)

static int prepare(struct store *s, sqlite3_stmt **st, const char *sql, ...)
{
	int r = sqlite3_prepare_v2(s->db, sql, -1, st, NULL);
	const char *text;
	va_list ap;

	va_start(ap, sql);
	for (int i = 1; r == SQLITE_OK && (text = va_arg(ap, const char *)) != END; i++)
		r = sqlite3_bind_text(*st, i, text, -1, SQLITE_STATIC);
	va_end(ap);
	return r == SQLITE_OK ? 0 : store_error(s, "read");
}

/* Runs a statement that returns no rows. 0 or -errno, logged. */
static int carry_out(struct store *s, sqlite3_stmt *st)
{
	return sqlite3_step(st) == SQLITE_DONE ? 0 : store_error(s, "write");
}

/* 1 if there is a row, 0 at the end, or -errno, logged. */
static int next_row(struct store *s, sqlite3_stmt *st)
{
	int r = sqlite3_step(st);

	return r == SQLITE_ROW ? 1 : r == SQLITE_DONE ? 0 : store_error(s, "read");
}

static const char *column(sqlite3_stmt *st, int i)
{
	return (const char *)sqlite3_column_text(st, i);
}

int store_begin(struct store *s, const char *run, const char *board, long long started_s)
{
	_cleanup_statement_ sqlite3_stmt *st = NULL;
	int r = prepare(s, &st,
			"INSERT INTO run (run, board, started_s, state)"
			" VALUES (?1, ?2, ?3, 'open')",
			run, board, END);

	if (r < 0)
		return r;
	sqlite3_bind_int64(st, 3, started_s);
	return carry_out(s, st);
}

int store_finish(struct store *s, const struct run_result *run, const json_t *document)
{
	_cleanup_statement_ sqlite3_stmt *st = NULL;
	_cleanup_free_ char *text = json_dumps(document, JSON_COMPACT);
	_cleanup_free_ char *summary =
		json_dumps(json_object_get(document, "summary"), JSON_COMPACT);
	int r = prepare(s, &st,
			"INSERT INTO run (run, board, kernel, state, summary, document, started_s)"
			" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
			" ON CONFLICT (run) DO UPDATE SET kernel = ?3, state = ?4, why = NULL,"
			" summary = ?5, document = ?6",
			run->run, run->board, run->kernel ? run->kernel : "",
			run->open        ? "open"
			: run->cancelled ? "cancelled"
					 : "finished",
			summary, text, END);

	if (r < 0)
		return r;
	sqlite3_bind_int64(st, 7, run->started_s);
	return carry_out(s, st);
}

/* The first column of all rows. */
static int read_column(struct store *s, sqlite3_stmt *st, char ***texts)
{
	_cleanup_strv_ char **found = xcalloc(1, sizeof(*found));
	int r;

	while ((r = next_row(s, st)) > 0)
		strv_add(&found, column(st, 0));
	if (r < 0)
		return r;
	*texts = TAKE_PTR(found);
	return 0;
}

int store_open_runs(struct store *s, const char *board, char ***runs)
{
	_cleanup_statement_ sqlite3_stmt *st = NULL;
	int r = prepare(s, &st,
			"SELECT run FROM run WHERE state = 'open' AND board = ?1"
			" ORDER BY started_s, rowid",
			board, END);

	return r < 0 ? r : read_column(s, st, runs);
}

int store_open_boards(struct store *s, char ***boards)
{
	_cleanup_statement_ sqlite3_stmt *st = NULL;
	int r = prepare(s, &st,
			"SELECT DISTINCT board FROM run WHERE state = 'open' ORDER BY board", END);

	return r < 0 ? r : read_column(s, st, boards);
}

int store_abandon(struct store *s, const char *run, const char *why)
{
	_cleanup_statement_ sqlite3_stmt *st = NULL;
	int r = prepare(s, &st,
			"UPDATE run SET state = 'abandoned', why = ?2"
			" WHERE run = ?1 AND state = 'open'",
			run, why, END);

	return r < 0 ? r : carry_out(s, st);
}

int store_forget(struct store *s, const char *run)
{
	_cleanup_statement_ sqlite3_stmt *st = NULL;
	int r = prepare(s, &st, "DELETE FROM run WHERE run = ?1 AND state = 'open'", run, END);

	return r < 0 ? r : carry_out(s, st);
}

static json_t *row_json(sqlite3_stmt *st)
{
	const char *summary = column(st, 6);
	json_t *counts = summary ? json_loads(summary, 0, NULL) : NULL;

	return object_json("{s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:o}", "run", column(st, 0),
			   "board", column(st, 1), "kernel", column(st, 2), "started",
			   column(st, 3), "started_s", (json_int_t)sqlite3_column_int64(st, 4),
			   "state", column(st, 5), "why", column(st, 7), "summary",
			   counts ? counts : json_null());
}

int store_list(struct store *s, const char *board, int limit, json_t **rows)
{
	_cleanup_statement_ sqlite3_stmt *st = NULL;
	json_t *found = json_array();
	int r = prepare(s, &st,
			"SELECT run, board, kernel, strftime('%Y-%m-%dT%H:%M:%SZ', started_s,"
			" 'unixepoch'), started_s, state, summary, why FROM run"
			" WHERE ?1 IS NULL OR board = ?1"
			" ORDER BY started_s DESC, rowid DESC LIMIT ?2",
			board, END);

	if (r == 0)
		sqlite3_bind_int(st, 2, limit > 0 ? limit : -1);
	while (r == 0 && (r = next_row(s, st)) > 0) {
		json_array_append_new(found, row_json(st));
		r = 0;
	}
	if (r < 0) {
		json_decref(found);
		return r;
	}
	*rows = found;
	return 0;
}

static int log_no_run(const char *word)
{
	log_error("Unknown run '%s'", word);
	log_hint("Run outpost results to list the runs");
	return -ENOENT;
}

static int log_several(const char *word, const char *one, const char *other)
{
	log_error("'%s' matches more than one run: %s, %s and possibly more", word, one, other);
	log_hint("Use a longer prefix");
	return -ENOTUNIQ;
}

/* The last part of an id starts after "20260102-150405-"; an exact match wins over longer ids. */
int store_find(struct store *s, const char *word, char **run)
{
	_cleanup_statement_ sqlite3_stmt *st = NULL;
	_cleanup_free_ char *found = NULL;
	int r = prepare(s, &st,
			"SELECT run FROM run WHERE (?1 = 'last' AND document IS NOT NULL)"
			" OR (?1 != '' AND"
			" (substr(run, 1, length(?1)) = ?1 OR substr(run, 17, length(?1)) = ?1))"
			" ORDER BY run != ?1, started_s DESC, rowid DESC LIMIT 2",
			word, END);

	if (r == 0)
		r = next_row(s, st);
	if (r <= 0)
		return r < 0 ? r : log_no_run(word);
	found = xstrdup(column(st, 0));
	if (strcmp(word, "last") != 0 && strcmp(word, found) != 0) {
		r = next_row(s, st);
		if (r != 0)
			return r < 0 ? r : log_several(word, found, column(st, 0));
	}
	*run = TAKE_PTR(found);
	return 0;
}

static int log_no_result(const char *run, const char *state, const char *why)
{
	if (strcmp(state, "open") == 0) {
		log_error("Run %s has no result yet", run);
		log_hint("Run outpost results to collect it from its board");
	} else {
		log_error("Run %s was abandoned: %s", run, why ? why : "unknown reason");
	}
	return -ENOENT;
}

int store_get(struct store *s, const char *run, json_t **document)
{
	_cleanup_statement_ sqlite3_stmt *st = NULL;
	json_error_t error;
	int r = prepare(s, &st, "SELECT document, state, why FROM run WHERE run = ?1", run, END);

	if (r == 0)
		r = next_row(s, st);
	if (r <= 0)
		return r < 0 ? r : log_no_run(run);
	if (!column(st, 0))
		return log_no_result(run, column(st, 1), column(st, 2));
	*document = json_loads(column(st, 0), 0, &error);
	if (!*document) {
		log_error("Damaged result of run %s in %s: %s", run, s->path, error.text);
		return -EUCLEAN;
	}
	return 0;
}
