/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A command is one file, cmd_<name>.c, that exports one struct command. Its
 * run() parses nothing but its arguments, calls the steps in order, and
 * prints; nothing below it prints to stdout or exits.
 */
#ifndef OUTPOST_COMMAND_H
#define OUTPOST_COMMAND_H

#include "common/options.h"
#include "host/base/context.h"
#include "host/base/exit_status.h"

#include <stdbool.h>

/* "outpost kernel add [RELEASE]": a command's first argument that says what it does. */
struct command_verb {
	const char *name;
	const char *args; /* what follows it */
	int least_args, most_args;
};

struct command {
	const char *name;
	const char *args;                 /* what follows the name, for the help: "[PATH...]" */
	const char *summary;              /* one line without a period */
	const char *help;                 /* more of it: whole lines; or NULL */
	const struct option_row *options; /* or NULL */
	size_t options_size;              /* of the struct that the rows fill */
	const void *defaults; /* its initial content; NULL: zeroes. Strings in it are copied. */
	bool has_json;        /* --json is refused where it says nothing */
	bool words_after; /* options end at the first argument: what follows is another program's */
	bool no_board;    /* -b is refused where it says nothing */
	const struct command_verb *verbs; /* ended by one without a name; NULL: none */
	int least_args, most_args;        /* without verbs; most_args < 0: any number */
	/*
	 * argv[0] is the first argument, argv[argc] NULL. An exit status, or
	 * -errno after having said what is wrong.
	 */
	int (*run)(struct context *ctx, void *options, int argc, char **argv);
};

/* All of them, in the order of the help, ended by NULL. */
extern const struct command *const commands[];

/* Says what was wrong with the arguments; returns STATUS_USAGE. */
int usage_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
