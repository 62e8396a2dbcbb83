/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Arming a board for a run, and restoring what was found.
 *
 * A panic reboots after a second. An oops panics only where a pstore backend
 * keeps what it says: without one the panic would take the evidence along,
 * while a limping board can still write it down. The hardware watchdog bites
 * when nobody feeds it; where systemd holds it, it is borrowed.
 *
 * What was found stands in /run/outpost/armed until it is restored, so that
 * the next start does it for a supervisor that was killed.
 */
#ifndef OUTPOST_AGENT_GUARD_H
#define OUTPOST_AGENT_GUARD_H

#include "agent/place.h"

#include <stdbool.h>

struct guard {
	const struct place *place;
	int watchdog_fd;
	unsigned int watchdog_s; /* its time-out; 0: there is none */
	bool panics_on_oops;
};

/* Restores what a supervisor that was killed left armed. */
void guard_recover(const struct place *place);

/* Arms what the board has; what it has not is no error. */
void guard_arm(struct guard *guard, const struct place *place);
void guard_disarm(struct guard *guard);

/* For a process that shares an armed guard with the one that feeds it: closes its watchdog,
 * stopping nothing. */
void guard_let_go(struct guard *guard);

void guard_feed(const struct guard *guard);

/* Before each window: once-only complaints may speak again. */
void guard_rearm_once(void);

/* What this board could arm: for Welcome. */
bool guard_has_pstore(void);
unsigned int guard_watchdog_limit_s(void);
bool guard_has_watchdog(void);
bool guard_lockdep_off(void);

#endif
