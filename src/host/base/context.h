/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OUTPOST_CONTEXT_H
#define OUTPOST_CONTEXT_H

#include <stdbool.h>

struct buildenv;
struct config;

/* What every command is given: the options that stand before its name. */
struct context {
	char *board; /* -b; NULL: not logged, which is "vm" unless board.default says otherwise */
	bool board_is_configured; /* it is not from the command line */
	char *dir;                /* -C */
	char *log_file;           /* --log */
	bool verbose;
	bool quiet;
	bool json;
	bool version;
	struct config *config;
	struct buildenv *buildenv;
};

#endif
