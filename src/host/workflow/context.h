/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OUTPOST_CONTEXT_H
#define OUTPOST_CONTEXT_H

#include <stdbool.h>

struct buildenv;
struct config;

/* The global options, which come before the command's name. Every command gets them. */
struct context {
	char *board;              /* -b; NULL: not given, which means board.default, else "vm" */
	bool board_is_configured; /* it comes from the configuration */
	char *dir;                /* -C */
	char *log_file;           /* --log */
	bool verbose;
	bool quiet;
	bool json;
	bool version;
	char **given; /* names of the command's options on the command line; see option_given() */
	struct config *config;
	struct buildenv *buildenv;
};

#endif
