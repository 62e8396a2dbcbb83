/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Options, one row each. A row says where in the caller's struct the value
 * goes, and is option, config key and help text at once:
 *
 *	struct build_options { bool verbose_make; char *kernel; };
 *	static const struct option_row rows[] = {
 *		OPTION_STRING(struct build_options, kernel, 'k', "kernel", "RELEASE",
 *			      "build.kernel", "build for this kernel"),
 *		OPTION_END,
 *	};
 *
 * Order of precedence: the struct's initial content < config files <
 * environment (OUTPOST_ and the key in capitals, dots as underscores) < flag.
 */
#ifndef OUTPOST_OPTIONS_H
#define OUTPOST_OPTIONS_H

#include "common/strbuf.h"

#include <stdbool.h>
#include <stddef.h>

enum option_type {
	OPTION_TYPE_FLAG,     /* bool: the option sets it to true; a key takes yes or no */
	OPTION_TYPE_STRING,   /* char *: replaced, and freed before that */
	OPTION_TYPE_LIST,     /* char **: each use adds one; see strv_add() */
	OPTION_TYPE_INT,      /* int, from `least` up */
	OPTION_TYPE_DURATION, /* int, milliseconds; "10" is seconds, "500ms", "10s", "2m" */
};

struct option_row {
	enum option_type type;
	char letter;      /* or 0 */
	const char *name; /* without "--" */
	const char *arg;  /* what the help calls the value; NULL for a flag */
	const char *key;  /* in config files, "section.name"; NULL: none */
	const char *help;
	size_t offset;
	int least;
};

/* Versions of clang-format disagree about a macro that is an initializer. */
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

/* What options_parse() found, when it is not an error. */
#define OPTIONS_HELP 1 /* -h or --help was among them */

/* Rows and the struct that they fill. */
struct option_set {
	const struct option_row *rows;
	void *dest;
};

/*
 * Takes the options out of argv, which keeps argv[0] and the arguments, in
 * order, ended by NULL; *argc follows. "--" ends the options, and with
 * `stop_at_argument` so does the first word that is not one. `sets` ends with
 * one without rows; where two know an option, the first has it.
 * 0, OPTIONS_HELP, or -EINVAL after saying what is wrong.
 */
int options_parse(const struct option_set *sets, int *argc, char **argv, bool stop_at_argument);

/* Sets what the environment has for the rows' keys. 0 or -EINVAL, logged. */
int options_from_environment(const struct option_row *rows, void *dest);

/* Sets one row from text, as a config file has it. 0 or -EINVAL; *why says what is expected. */
int options_set(const struct option_row *row, void *dest, const char *value, const char **why);

const struct option_row *options_find_key(const struct option_row *rows, const char *key);

/* Frees the strings and lists that rows point to. */
void options_release(const struct option_row *rows, void *dest);

/* The rows as an aligned list for --help, which itself has no row. */
void options_format_help(const struct option_row *rows, struct strbuf *out);

/* Milliseconds of "10", "10s", "500ms", "2m"; -EINVAL. At most a day. */
int parse_duration_ms(const char *text, int *ms);

/* A whole decimal number within [least, most]; -EINVAL. */
int parse_int(const char *text, int least, int most, int *value);

/* yes, true, on, 1 or no, false, off, 0; -EINVAL. */
int parse_bool(const char *text, bool *value);

#endif
