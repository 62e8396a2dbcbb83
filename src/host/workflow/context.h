/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OUTPOST_CONTEXT_H
#define OUTPOST_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>

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
	bool yes;     /* --yes, or OUTPOST_YES */
	char **given; /* names of the command's options on the command line; see option_given() */
	int cache;    /* see cache_use(); -1 for a command without */
	struct config *config;
	struct buildenv *buildenv;
};

/*
 * The board of -b, or NULL. For commands that show all boards: board.default names the board to
 * use, not the only one to show.
 */
static inline const char *context_asked_board(const struct context *ctx)
{
	return ctx->board_is_configured ? NULL : ctx->board;
}

#endif
