/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is remembered of a board from last time, in path_state("boards", ...),
 * so that a command need not ask first. A memory that is wrong costs a round
 * trip and nothing else. `board` is its name.
 */
#ifndef OUTPOST_LAST_SEEN_H
#define OUTPOST_LAST_SEEN_H

#include "common/proto.h"

#include <stdbool.h>
#include <time.h>

/* The file of this name about this board; its folder is made. The caller frees it. */
char *last_seen_path(const char *board, const char *name);

/* The kernel release that it ran last, or NULL; the caller frees it. */
char *last_seen_release(const char *board);

/* None of these says anything: a memory that cannot be kept is not an error. */
void last_seen_set_release(const char *board, const char *release);

/* What only a board can tell of its kernel, and what a module's fate hangs on: see check.h. */
struct last_seen_facts {
	char release[65];
	char kernel[17]; /* tells it from another of the same release: a hash of /proc/version */
	unsigned int page_size;   /* bytes */
	bool signatures_enforced; /* module.sig_enforce */
	bool locked_down;         /* lockdown=integrity or more */
	time_t when;              /* it said so; last_seen_set_facts() takes now */
};

/* Keeps what the board says now. */
void last_seen_set_facts(const char *board, const outpost_Welcome *welcome);

/* False: nothing is known. */
bool last_seen_facts(const char *board, struct last_seen_facts *facts);

/*
 * How long it was gone when it rebooted, or a vm took to start, milliseconds;
 * 0: not known. A long time is forgotten bit by bit.
 */
long long last_seen_return_ms(const char *board);
void last_seen_set_return_ms(const char *board, long long ms);

#endif
