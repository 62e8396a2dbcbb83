/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The only reader of INI files. It uses libinih, but checks lines itself: libinih ignores most
 * errors, truncates long names, and reports no line numbers.
 *
 *	; a comment
 *	key = value
 *	[section]
 *	key = value ; another
 *
 * Errors, logged as "path:line: ...", are: a byte order mark, a NUL or other control character,
 * text that is not UTF-8, a line that is too long or none of the above, an unknown section or key, a missing value, and
 * a key that is set twice.
 */
#ifndef OUTPOST_INI_H
#define OUTPOST_INI_H

#include "common/log.h"

#include <stdbool.h>
#include <stddef.h>

#define INI_REPEATS  (1u << 0) /* may be repeated */
#define INI_OPTIONAL (1u << 1) /* may have no value */

struct ini_key {
	const char *name; /* "key" before any section, or "section.key"; a glob(7) pattern */
	unsigned int flags;
};

struct ini_syntax {
	const struct ini_key *keys; /* ends with a nameless row; NULL: any key, even repeated */
	bool passes_unknown;        /* ignore unknown keys, which come from a later version */
	bool folds_dashes;          /* treat dashes in section names as underscores */
	enum log_level level;       /* for errors */
};

struct ini_entry {
	const char *path;
	int line;
	const char *section; /* "": before any section */
	const char *key;     /* NULL: a section begins */
	const char *value;
	const char *name; /* "section.key", or "key" */
};

/* Handles an entry. 0, or -errno (logged), which stops reading. */
typedef int (*ini_fn)(const struct ini_entry *entry, void *arg);

/*
 * Returns 0; -ENOENT (not logged); -EINVAL (logged) if the file has an error; another -errno
 * (logged) if it cannot be read; or what `fn` returned.
 */
int ini_read(const char *path, const struct ini_syntax *syntax, ini_fn fn, void *arg);

/* As ini_read(), from memory; `path` is for messages. */
int ini_read_text(const char *path, const char *text, size_t n, const struct ini_syntax *syntax,
		  ini_fn fn, void *arg);

/* Logs "path:line: ...". Returns -EINVAL. */
int ini_error(const struct ini_entry *entry, enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Can "key = value" be written to a file and read back unchanged? */
bool ini_can_hold(const char *key, const char *value);

/* The rules of ini_can_hold(), as a hint. */
#define INI_VALUE_HINT                                                                       \
	"A value is one line of up to about 180 bytes, does not start or end with a blank, " \
	"and does not contain ' ;' or anything but UTF-8"

#endif
