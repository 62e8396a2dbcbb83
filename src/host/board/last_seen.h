/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is remembered of a board from last time, in path_state("boards", ...),
 * so that a command need not ask first. A memory that is wrong costs a round
 * trip and nothing else.
 */
#ifndef OUTPOST_LAST_SEEN_H
#define OUTPOST_LAST_SEEN_H

#include "host/board/board.h"

#include <stdbool.h>
#include <time.h>

/* The file of this name about this board; its folder is made. The caller frees it. */
char *last_seen_path(const struct board *board, const char *name);

/* The kernel release that it ran last, or NULL; the caller frees it. */
char *last_seen_release(const struct board *board);

/* None of these says anything: a memory that cannot be kept is no error. */
void last_seen_set_release(const struct board *board, const char *release);

/* What only a board can tell of its kernel, and what a module's fate hangs on: see check.h. */
struct last_seen_facts {
	char release[65];
	char kernel[17]; /* tells it from another of the same release: a hash of /proc/version */
	unsigned int page_size;   /* bytes */
	bool signatures_enforced; /* module.sig_enforce */
	bool locked_down;         /* lockdown=integrity or more */
	time_t when;              /* it said so; not kept by recall_set_facts(), which takes now */
};

void last_seen_set_facts(const struct board *board, const struct last_seen_facts *facts);

/* False: nothing is known. */
bool last_seen_facts(const struct board *board, struct last_seen_facts *facts);

/*
 * How long it was gone when it rebooted, or a vm took to start, milliseconds;
 * 0: not known. A long time is forgotten bit by bit.
 */
long long last_seen_return_ms(const struct board *board);
void last_seen_set_return_ms(const struct board *board, long long ms);

#endif
