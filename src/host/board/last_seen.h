/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Facts about a board that are remembered from the last time, in path_state("boards", ...), so
 * that a command need not ask first. An outdated fact costs one round trip. `board` is the
 * board's name.
 */
#ifndef OUTPOST_LAST_SEEN_H
#define OUTPOST_LAST_SEEN_H

#include "common/proto.h"

#include <stdbool.h>
#include <time.h>

/* The path of the file `name` for this board; creates its folder. The caller frees it. */
char *last_seen_path(const char *board, const char *name);

/* The last known kernel release, or NULL. The caller frees it. */
char *last_seen_release(const char *board);

/* None of these logs anything: failing to remember is not an error. */
void last_seen_set_release(const char *board, const char *release);

/*
 * Facts about a kernel that only its board knows, and that decide whether a module loads; see
 * check.h.
 */
struct last_seen_facts {
	char release[65];
	char kernel[17]; /* a hash of /proc/version, to distinguish kernels of the same release */
	unsigned int page_size;   /* bytes */
	bool signatures_enforced; /* module.sig_enforce */
	bool locked_down;         /* lockdown=integrity or more */
	time_t when; /* when the board reported it; last_seen_set_facts() sets it to now */
};

/* Remembers the board's current facts. */
void last_seen_set_facts(const char *board, const outpost_Welcome *welcome);

/* False if nothing is known. */
bool last_seen_facts(const char *board, struct last_seen_facts *facts);

/*
 * How long the board was away during a reboot, or how long a vm took to start, in
 * milliseconds; 0: not known. A long time fades with later, shorter ones.
 */
long long last_seen_return_ms(const char *board);
void last_seen_set_return_ms(const char *board, long long ms);

#endif
