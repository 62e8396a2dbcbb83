/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * INI files, and the only reader of them: libinih underneath, which passes over
 * much of what is wrong, cuts what is long, and tells no line numbers.
 *
 *	; a comment
 *	key = value
 *	[section]
 *	key = value ; another
 *
 * It is an error, logged as "path:line: ...", when there is: a byte order mark, a
 * NUL or another control character, a line that is too long or none of the
 * above, a section or key that is not known, a key without a value that needs
 * one, a key that is set twice.
 */
#ifndef OUTPOST_INI_H
#define OUTPOST_INI_H

#include "common/log.h"

#include <stdbool.h>
#include <stddef.h>

#define INI_REPEATS  (1u << 0) /* may be given several times */
#define INI_OPTIONAL (1u << 1) /* may have no value */

struct ini_key {
	const char *name; /* "key" before any section, "section.key"; a pattern as of glob(7) */
	unsigned int flags;
};

struct ini_syntax {
	const struct ini_key *keys; /* ended by one without a name; NULL: any, also several times */
	bool passes_unknown;        /* what is not known is a later version's, and passed over */
	bool folds_dashes;          /* a dash in a section's name is taken for an underscore */
	enum log_level level;       /* at which errors are logged */
};

struct ini_entry {
	const char *path;
	int line;
	const char *section; /* "": before any */
	const char *key;     /* NULL: a section begins */
	const char *value;
	const char *name; /* "section.key", or "key" */
};

/* Takes an entry; 0, or -errno, logged, which ends the reading. */
typedef int (*ini_fn)(const struct ini_entry *entry, void *arg);

/* 0; -ENOENT, not logged; -EINVAL, logged: it is not as it must be; what `fn` returned; or -errno, logged. */
int ini_read(const char *path, const struct ini_syntax *syntax, ini_fn fn, void *arg);

/* Likewise of text; `path` is for messages. */
int ini_read_text(const char *path, const char *text, size_t n, const struct ini_syntax *syntax,
		  ini_fn fn, void *arg);

/* Says "path:line: ..."; returns -EINVAL. */
int ini_error(const struct ini_entry *entry, enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Would "key = value" be read back as it is? */
bool ini_can_hold(const char *key, const char *value);

/* What ini_can_hold() asks for, as a hint. */
#define INI_VALUE_HINT \
	"A value is one line of up to about 180 bytes, without blanks at its ends or ' ;' in it."

#endif
