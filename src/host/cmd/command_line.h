/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Parses and checks the words of a command line, and does nothing else. main() reads the
 * configuration and opens the log between the two steps.
 */
#ifndef OUTPOST_COMMAND_LINE_H
#define OUTPOST_COMMAND_LINE_H

#include "host/cmd/command.h"

/*
 * Options that are valid before and after the command, and options that are valid only before
 * it.
 */
extern const struct option_row context_rows[], context_first_rows[];

/*
 * Parses the options before the command, and finds the command (*command; NULL: none is
 * given). Leaves in *argc and argv the name of the command (argv[0]) and what follows it. 0,
 * OPTIONS_HELP, or STATUS_USAGE or -EINVAL, both logged.
 */
int command_line_first(struct context *ctx, const struct command **command, int *argc, char **argv);

/* Allocates the struct for the command's options, with their defaults. */
void *command_line_options(const struct command *command) __attribute__((returns_nonnull));
void command_line_release_options(const struct command *command, void *dest);

/*
 * Parses the options and arguments of the command; leaves only the arguments in *argc and
 * argv. 0, OPTIONS_HELP or STATUS_USAGE (logged).
 */
int command_line_rest(struct context *ctx, const struct command *command, void *dest, int *argc,
		      char **argv);

/* Releases what the two steps set in ctx. */
void command_line_release(struct context *ctx);

#endif
