// SPDX-License-Identifier: GPL-2.0-only
#include "host/store/store.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/hex.h"
#include "common/log.h"
#include "host/base/paths.h"
#include "host/store/internal.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define BUSY_MS      5000 /* how long to wait for another process */
#define WAL_RETRY_MS 10

/* What makes version 1 of the tables, 2, ...; the version is PRAGMA user_version. */
static const char *const steps[] = {
	"CREATE TABLE run ("
	" run TEXT PRIMARY KEY,"
	" board TEXT NOT NULL,"
	" kernel TEXT NOT NULL DEFAULT '',"
	" started_s INTEGER NOT NULL,"
	" state TEXT NOT NULL" /* open, finished, cancelled, abandoned */
	"  CHECK (state IN ('open', 'finished', 'cancelled', 'abandoned')),"
	" why TEXT,"
	" summary TEXT,"   /* the counts, JSON */
	" document TEXT);" /* outpost.test/1 */
	"CREATE INDEX run_started ON run (started_s);"
	"PRAGMA user_version = 1;",

	/* Of a board's tunnel; the words of common/tunnel_status.h. */
	"CREATE TABLE outage ("
	" board TEXT NOT NULL,"
	" start_ms INTEGER NOT NULL," /* since the epoch */
	" end_ms INTEGER NOT NULL,"
	" seen TEXT NOT NULL,"
	" cause TEXT NOT NULL,"
	" text TEXT NOT NULL,"
	" PRIMARY KEY (board, start_ms));"
	"PRAGMA user_version = 2;",
};

#define VERSION ((int)ARRAY_SIZE(steps))

/*
 * Moves the files beside it, too: data that SQLite has not merged yet must not end up in a new
 * database.
 */
static int log_damage(const struct store *s)
{
	log_error("Results database %s is damaged: %s", s->path, sqlite3_errmsg(s->db));
	log_hint("Start a new one: mkdir %s/damaged && mv %s* %s/damaged/ (the logs in %s/runs "
		 "are kept)",
		 s->dir, s->path, s->dir, s->dir);
	return -EUCLEAN;
}

int store_error(const struct store *s, const char *what)
{
	int code = sqlite3_errcode(s->db), system = sqlite3_system_errno(s->db);

	/* On a read-only file system, the first error is about the log beside the file. */
	if (access(s->path, W_OK) < 0 && errno != ENOENT)
		system = errno;
	switch (code & 0xff) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB: return log_damage(s);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		log_error("Cannot %s %s: locked by another process for %d s", what, s->path,
			  BUSY_MS / 1000);
		log_hint("To find the process, run fuser -v %s", s->path);
		return -EBUSY;
	case SQLITE_READONLY: return log_error_errno(-EROFS, "Cannot %s %s", what, s->path);
	case SQLITE_FULL: return log_error_errno(-ENOSPC, "Cannot %s %s", what, s->path);
	case SQLITE_CANTOPEN:
	case SQLITE_IOERR:
		if (system)
			return log_error_errno(-system, "Cannot %s %s", what, s->path);
		break;
	}
	log_error("Cannot %s %s: %s", what, s->path, sqlite3_errmsg(s->db));
	return -EIO;
}

static void pause_ms(long ms)
{
	struct timespec pause = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&pause, NULL);
}

/*
 * SQLite's busy time-out does not cover the switch to WAL, which two first users may try at
 * the same time.
 */
static int set_wal(sqlite3 *db)
{
	int r;

	for (int waited = 0; waited < BUSY_MS; waited += WAL_RETRY_MS) {
		r = sqlite3_exec(db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
		if ((r & 0xff) != SQLITE_BUSY)
			break;
		pause_ms(WAL_RETRY_MS);
	}
	return r;
}

static int read_version(struct store *s, int *version)
{
	_cleanup_statement_ sqlite3_stmt *st = NULL;

	if (sqlite3_prepare_v2(s->db, "PRAGMA user_version", -1, &st, NULL) != SQLITE_OK ||
	    sqlite3_step(st) != SQLITE_ROW)
		return store_error(s, "read");
	*version = sqlite3_column_int(st, 0);
	return 0;
}

/* Reads the version again after taking the lock: another user may have been faster. */
static int make_tables(struct store *s)
{
	int version, r;

	if (set_wal(s->db) != SQLITE_OK ||
	    sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
		return store_error(s, "write");
	r = read_version(s, &version);
	for (; r == 0 && version < VERSION; version++)
		if (sqlite3_exec(s->db, steps[version], NULL, NULL, NULL) != SQLITE_OK)
			r = store_error(s, "write");
	if (r == 0 && sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
		r = store_error(s, "write");
	return r;
}

static int check_version(struct store *s)
{
	int version, r = read_version(s, &version);

	if (r == 0 && version >= 0 && version < VERSION)
		return make_tables(s);
	if (r == 0 && version != VERSION) {
		log_error("%s was written by a newer Outpost (format %d, this one supports %d)",
			  s->path, version, VERSION);
		log_hint("Update Outpost, or set XDG_STATE_HOME to a separate folder");
		return -EPROTONOSUPPORT;
	}
	return r;
}

int store_open(struct store **store)
{
	_cleanup_(store_closep) struct store *s = xcalloc(1, sizeof(*s));
	int r;

	s->path = path_state("results.db", NULL);
	s->dir = xstrndup(s->path, (size_t)(strrchr(s->path, '/') - s->path));
	r = fs_mkdir_p(s->dir, 0700);
	if (r < 0)
		return log_error_errno(r, "Cannot create results folder %s", s->dir);
	if (sqlite3_open_v2(s->path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) !=
	    SQLITE_OK)
		return store_error(s, "open");
	sqlite3_extended_result_codes(s->db, 1);
	sqlite3_busy_timeout(s->db, BUSY_MS);
	/* With WAL this survives kill -9; after a power cut, the last run may be open again. */
	if (sqlite3_exec(s->db, "PRAGMA synchronous = NORMAL", NULL, NULL, NULL) != SQLITE_OK)
		return store_error(s, "open");
	r = check_version(s);
	if (r < 0)
		return r;
	*store = TAKE_PTR(s);
	return 0;
}

void store_close(struct store *s)
{
	sqlite3_close(s->db);
	free(s->path);
	free(s->dir);
	free(s);
}

char *store_new_run(void)
{
	unsigned char chance[3];
	char when[32], hex[HEX_SIZE(sizeof(chance))];
	time_t now = time(NULL);
	struct tm tm;

	while (getrandom(chance, sizeof(chance), 0) != sizeof(chance))
		;
	gmtime_r(&now, &tm);
	strftime(when, sizeof(when), "%Y%m%d-%H%M%S", &tm);
	hex_encode(hex, chance, sizeof(chance));
	return xasprintf("%s-%s", when, hex);
}

char *store_run_dir(const char *run)
{
	_cleanup_free_ char *dir = NULL;
	int r;

	if (!path_is_plain_name(run)) {
		log_error("Invalid run id '%s'", run);
		return NULL;
	}
	dir = path_state("runs", run, NULL);
	r = fs_mkdir_p(dir, 0700);
	if (r < 0) {
		log_error_errno(r, "Cannot create run folder %s", dir);
		return NULL;
	}
	return TAKE_PTR(dir);
}
