/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A command is one file, cmd_<name>.c, that exports one struct command. Its run() parses only
 * its arguments, calls the steps in order, and prints, by itself or with host/report; nothing
 * else prints to stdout. Only main() exits.
 */
#ifndef OUTPOST_COMMAND_H
#define OUTPOST_COMMAND_H

#include "common/options.h"
#include "host/workflow/context.h"
#include "host/base/exit_status.h"

#include <stdbool.h>

/* The first argument of a command that has subcommands: "outpost kernel add [RELEASE]". */
struct command_verb {
	const char *name;
	const char *args; /* the arguments after it */
	int least_args, most_args;
	const char *options;    /* those that it takes: "full timeout"; NULL: none */
	bool no_json, no_board; /* --json or -b is an error */
};

struct command {
	const char *name;
	const char *args;    /* the arguments after the name, for the help: "[PATH...]" */
	const char *summary; /* one line without a full stop */
	const char *help;    /* details, as whole lines; or NULL */
	const struct option_row *options; /* or NULL */
	size_t options_size;              /* of the struct that the rows fill */
	const void *defaults; /* its initial content; NULL: zeroes. Its strings are copied. */
	bool has_json;        /* otherwise --json is an error */
	bool words_after; /* options end at the first argument; the rest is for another program */
	bool no_board;    /* -b is an error */
	bool no_cache;    /* may run beside `outpost clean` */
	bool no_trust;    /* does not obey keys that need trust, see config_keys.h */
	const struct command_verb *verbs; /* ends with an entry without a name; NULL: none */
	int least_args, most_args;        /* without verbs; most_args < 0: any number */
	/*
	 * argv[0] is the first argument, argv[argc] is NULL. Returns an exit status, or -errno
	 * (logged).
	 */
	int (*run)(struct context *ctx, void *options, int argc, char **argv);
};

/* All commands, in the order of the help, ending with NULL. */
extern const struct command *const commands[];

/*
 * Was this option of the command given on the command line? Otherwise its value comes from the
 * configuration, and is no error where it has no effect.
 */
bool option_given(const struct context *ctx, const char *name);

/* Logs what is wrong with the arguments. Returns STATUS_USAGE. */
int usage_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
