/* SPDX-License-Identifier: GPL-2.0-only */
/* The runs that a board keeps in ~/development/logs/<run>/, up to a limit. */
#ifndef OUTPOST_AGENT_LOGS_H
#define OUTPOST_AGENT_LOGS_H

#include "agent/base/dirs.h"

/* Keep the newest LOGS_KEPT runs within LOGS_KEPT_BYTES, and LOGS_KEPT_EVER in any case. */
#define LOGS_KEPT       50
#define LOGS_KEPT_BYTES (64u << 20)
#define LOGS_KEPT_EVER  5

/* The limits for runs that no host has collected. */
#define LOGS_UNCOLLECTED       200
#define LOGS_UNCOLLECTED_BYTES (256u << 20)

/* Records that the host has the run's result. An unknown run is ignored. */
void logs_note_collected(const struct dirs *dirs, const char *run);

/*
 * Removes the oldest runs and the oldest files of logs/earlier-crashes/ beyond the limits, but
 * never the run `keep`. Calls `lost` (or NULL) for each removed run that no host had
 * collected. The caller must hold the board.
 */
void logs_prune(const struct dirs *dirs, const char *keep, void (*lost)(const char *run, void *arg),
		void *arg);

#endif
