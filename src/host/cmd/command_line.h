/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The words of a command line: taken apart and checked, and nothing done. main()
 * reads configuration and opens the log between the two steps.
 */
#ifndef OUTPOST_COMMAND_LINE_H
#define OUTPOST_COMMAND_LINE_H

#include "host/cmd/command.h"

/* Before the command and after it; and those that only stand before it. */
extern const struct option_row context_rows[], context_first_rows[];

/*
 * The options before the command, and which it is (*command; NULL: none is
 * named). *argc and argv are then what follows its name, behind argv[0], which is
 * the name. 0, OPTIONS_HELP, STATUS_USAGE or -EINVAL, both logged.
 */
int command_line_first(struct context *ctx, const struct command **command, int *argc, char **argv);

/* The struct for the command's options, with their defaults. */
void *command_line_options(const struct command *command) __attribute__((returns_nonnull));
void command_line_release_options(const struct command *command, void *dest);

/* Options and arguments of the command; *argc and argv are then the arguments alone. 0, OPTIONS_HELP
 * or STATUS_USAGE, logged. */
int command_line_rest(struct context *ctx, const struct command *command, void *dest, int *argc,
		      char **argv);

#endif
