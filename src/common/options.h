/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Options, one row each. A row defines the field of the caller's struct that takes the value, the
 * option, the config key and the help text:
 *
 *	struct build_options { bool verbose_make; char *kernel; };
 *	static const struct option_row rows[] = {
 *		OPTION_STRING(struct build_options, kernel, 'k', "kernel", "RELEASE",
 *			      "build.kernel", "build for this kernel"),
 *		OPTION_END,
 *	};
 *
 * Order of precedence: the struct's initial content < config files < environment (OUTPOST_ and the
 * key in capitals, with underscores for dots) < flag.
 */
#ifndef OUTPOST_OPTIONS_H
#define OUTPOST_OPTIONS_H

#include "common/strbuf.h"

#include <stdbool.h>
#include <stddef.h>

enum option_type {
	OPTION_TYPE_FLAG,     /* bool: the option sets it to true; the key takes yes or no */
	OPTION_TYPE_STRING,   /* char *: the old string is freed */
	OPTION_TYPE_LIST,     /* char **: each use adds a string; see strv_add() */
	OPTION_TYPE_INT,      /* int, at least `least` */
	OPTION_TYPE_DURATION, /* int, milliseconds; "10" means seconds; also "500ms", "10s", "2m" */
};

struct option_row {
	enum option_type type;
	char letter;      /* or 0 */
	const char *name; /* without "--" */
	const char *arg;  /* the name of the value in the help; NULL for a flag */
	const char *key;  /* the key in config files, "section.name"; NULL: none */
	const char *help;
	size_t offset;
	int least;
};

/* Versions of clang-format disagree about macros that are initializers. */
/* clang-format off */
#define OPTION_FLAG(s, m, l, n, k, h) \
	{ OPTION_TYPE_FLAG, l, n, NULL, k, h, offsetof(s, m), 0 }
#define OPTION_STRING(s, m, l, n, a, k, h) \
	{ OPTION_TYPE_STRING, l, n, a, k, h, offsetof(s, m), 0 }
#define OPTION_LIST(s, m, l, n, a, k, h) \
	{ OPTION_TYPE_LIST, l, n, a, k, h, offsetof(s, m), 0 }
#define OPTION_INT(s, m, l, n, a, least, k, h) \
	{ OPTION_TYPE_INT, l, n, a, k, h, offsetof(s, m), least }
#define OPTION_DURATION(s, m, l, n, a, k, h) \
	{ OPTION_TYPE_DURATION, l, n, a, k, h, offsetof(s, m), 1 }
#define OPTION_END { .name = NULL }
/* clang-format on */

/* Results of options_parse() that are not errors. */
#define OPTIONS_HELP 1 /* -h or --help was given */

/* Rows and the struct that they fill. */
struct option_set {
	const struct option_row *rows;
	void *dest;
	char ***given; /* options_parse() adds the names of the options it finds; may be NULL */
};

/*
 * Removes the options from argv, which keeps argv[0] and the arguments, in order, ended by
 * NULL; updates *argc. "--" ends the options and, with `stop_at_argument`, so does the first
 * word that is not an option. The last of `sets` has no rows; if two sets have an option, the
 * first is used. 0, OPTIONS_HELP, or -EINVAL, logged.
 */
int options_parse(const struct option_set *sets, int *argc, char **argv, bool stop_at_argument);

/* WORDS may be empty, so that a project can override a user's setting. */
bool options_may_be_empty(const struct option_row *row) __attribute__((pure));

/* The environment variable for a key, "OUTPOST_BUILD_JOBS"; the caller frees it. */
#define OPTIONS_VARIABLE "OUTPOST_"
char *options_variable(const char *key);

/*
 * Sets values from the environment for the rows' keys; an empty variable is as an unset one,
 * except for WORDS. 0 or -EINVAL, logged.
 */
int options_from_environment(const struct option_row *rows, void *dest);

/* Sets one row from text, as in a config file. 0 or -EINVAL, with what was expected in *why. */
int options_set(const struct option_row *row, void *dest, const char *value, const char **why);

const struct option_row *options_find_key(const struct option_row *rows, const char *key);

/* Frees the strings and lists of the rows. */
void options_release(const struct option_row *rows, void *dest);

/* Formats the rows as an aligned list for --help, which itself has no row. */
void options_format_help(const struct option_row *rows, struct strbuf *out);

/* Parses "10", "10s", "500ms" or "2m" as milliseconds, at most a day. 0 or -EINVAL. */
int parse_duration_ms(const char *text, int *ms);

/* Parses a whole decimal number within [least, most]. 0 or -EINVAL. */
int parse_int(const char *text, int least, int most, int *value);

/* Parses yes, true, on, 1 or no, false, off, 0. 0 or -EINVAL. */
int parse_bool(const char *text, bool *value);

#endif
