/* SPDX-License-Identifier: GPL-2.0-only */
/* The runs that a board keeps, ~/development/logs/<run>/: so many, and no more. */
#ifndef OUTPOST_AGENT_LOGS_H
#define OUTPOST_AGENT_LOGS_H

#include "agent/base/dirs.h"

/* The newest, as long as they are no more than so much, but a few in any case. */
#define LOGS_KEPT       50
#define LOGS_KEPT_BYTES (64u << 20)
#define LOGS_KEPT_EVER  5

/* Likewise, of those that no host has collected. */
#define LOGS_UNCOLLECTED       200
#define LOGS_UNCOLLECTED_BYTES (256u << 20)

/* The host has the run's result. What is no run here is left alone. */
void logs_note_collected(const struct dirs *dirs, const char *run);

/*
 * Removes the oldest of the rest, but not the run `keep`, and of what logs/earlier-crashes/ holds.
 * `lost` (or NULL) is told each run among them that no host had collected. Only for who holds the
 * board.
 */
void logs_prune(const struct dirs *dirs, const char *keep, void (*lost)(const char *run, void *arg),
		void *arg);

#endif
