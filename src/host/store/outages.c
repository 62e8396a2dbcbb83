// SPDX-License-Identifier: GPL-2.0-only
#include "host/store/store.h"

#include "common/alloc.h"
#include "host/store/internal.h"

static int prepare(struct store *s, sqlite3_stmt **st, const char *sql)
{
	return sqlite3_prepare_v2(s->db, sql, -1, st, NULL) == SQLITE_OK ? 0
									 : store_error(s, "read");
}

static void bind_text(sqlite3_stmt *st, int i, const char *text)
{
	sqlite3_bind_text(st, i, text, -1, SQLITE_STATIC);
}

static int execute(struct store *s, const char *sql)
{
	return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0
								       : store_error(s, "write");
}

static int add_rows(struct store *s, const char *board, const struct tunnel_outage *outages,
		    size_t n)
{
	_cleanup_statement_ sqlite3_stmt *st = NULL;
	int r = prepare(s, &st,
			"INSERT OR IGNORE INTO outage (board, start_ms, end_ms, seen, cause, text)"
			" VALUES (?1, ?2, ?3, ?4, ?5, ?6)");

	for (size_t i = 0; r == 0 && i < n; i++) {
		bind_text(st, 1, board);
		sqlite3_bind_int64(st, 2, outages[i].start_ms);
		sqlite3_bind_int64(st, 3, outages[i].end_ms);
		bind_text(st, 4, tunnel_reason_word(outages[i].seen));
		bind_text(st, 5, outages[i].cause);
		bind_text(st, 6, outages[i].text);
		if (sqlite3_step(st) != SQLITE_DONE)
			r = store_error(s, "write");
		sqlite3_reset(st);
	}
	return r;
}

static int drop_old_rows(struct store *s, const char *board)
{
	_cleanup_statement_ sqlite3_stmt *st = NULL;
	int r = prepare(s, &st,
			"DELETE FROM outage WHERE board = ?1 AND start_ms <="
			" (SELECT start_ms FROM outage WHERE board = ?1"
			"  ORDER BY start_ms DESC LIMIT 1 OFFSET ?2)");

	if (r < 0)
		return r;
	bind_text(st, 1, board);
	sqlite3_bind_int(st, 2, STORE_OUTAGES);
	return sqlite3_step(st) == SQLITE_DONE ? 0 : store_error(s, "write");
}

int store_add_outages(struct store *s, const char *board, const struct tunnel_outage *outages,
		      size_t n)
{
	int r = n ? execute(s, "BEGIN IMMEDIATE") : 0;

	if (r < 0 || !n)
		return r;
	r = add_rows(s, board, outages, n);
	if (r == 0)
		r = drop_old_rows(s, board);
	if (r == 0)
		return execute(s, "COMMIT");
	sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	return r;
}

static void read_text(sqlite3_stmt *st, int i, char *field, size_t size)
{
	const char *text = (const char *)sqlite3_column_text(st, i);

	if (text)
		text_copy(field, size, (struct text){ text, strlen(text) });
}

static void read_row(sqlite3_stmt *st, struct tunnel_outage *o)
{
	char seen[24] = "";

	*o = (struct tunnel_outage){ .start_ms = sqlite3_column_int64(st, 0),
				     .end_ms = sqlite3_column_int64(st, 1) };
	read_text(st, 2, seen, sizeof(seen));
	tunnel_reason_find(seen, &o->seen);
	read_text(st, 3, o->cause, sizeof(o->cause));
	read_text(st, 4, o->text, sizeof(o->text));
}

int store_outages(struct store *s, const char *board, size_t limit, struct tunnel_outage **outages,
		  size_t *n)
{
	_cleanup_statement_ sqlite3_stmt *st = NULL;
	_cleanup_free_ struct tunnel_outage *found = NULL;
	size_t count = 0;
	int r = prepare(s, &st,
			"SELECT start_ms, end_ms, seen, cause, text FROM outage WHERE board = ?1"
			" ORDER BY start_ms DESC LIMIT ?2");

	if (r < 0)
		return r;
	bind_text(st, 1, board);
	sqlite3_bind_int64(st, 2, (sqlite3_int64)limit);
	while ((r = sqlite3_step(st)) == SQLITE_ROW) {
		GROW(found, count);
		read_row(st, &found[count++]);
	}
	if (r != SQLITE_DONE)
		return store_error(s, "read");
	*outages = TAKE_PTR(found);
	*n = count;
	return 0;
}
