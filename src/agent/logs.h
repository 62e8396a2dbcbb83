/* SPDX-License-Identifier: GPL-2.0-only */
/* The runs that a board keeps, ~/development/logs/<run>/: so many, and no more. */
#ifndef OUTPOST_AGENT_LOGS_H
#define OUTPOST_AGENT_LOGS_H

#include "agent/place.h"

#define LOGS_KEPT       50          /* the newest, */
#define LOGS_KEPT_BYTES (64u << 20) /* as long as they are no more than this, */
#define LOGS_KEPT_EVER  5           /* but these in any case; */
#define LOGS_KEPT_OPEN  200         /* and of so many those without an end: a host may yet come */

/*
 * Removes the oldest of the rest, and of what logs/earlier-crashes/ holds. A
 * run that has ended is taken for collected by then: the board is not told.
 */
void logs_prune(const struct place *place);

#endif
