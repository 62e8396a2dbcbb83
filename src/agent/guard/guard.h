/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Arming a board for a run, and restoring what was found.
 *
 *	guard.c		settings of the kernel, and what is known of them from a killed
 *			supervisor
 *	patience.c	how long the kernel's detectors wait
 *	watchdog.c	the hardware watchdog
 *	guard_facts.c	what this board could arm
 *
 * A panic reboots after a second. What cannot go on (an oops, a lockup, an RCU
 * stall) panics only where a pstore backend keeps what it says: without one
 * the panic would take the evidence along, while a limping board can still
 * write it down. A WARNING is no reason to die, nor is a task that sleeps for
 * long: the supervisor goes on beside it. The hardware watchdog bites when
 * nobody feeds it; where systemd holds it, it is borrowed.
 *
 * What was found stands in /run/outpost/armed until it is restored, so that
 * the next start does it for a supervisor that was killed.
 */
#ifndef OUTPOST_AGENT_GUARD_H
#define OUTPOST_AGENT_GUARD_H

#include "agent/base/dirs.h"

#include <stdbool.h>
#include <stdio.h>

struct guard {
	const struct dirs *dirs;
	int watchdog_fd;
	unsigned int watchdog_s; /* its time-out; 0: there is none */
	bool panics_on_oops;
	/* seconds; 0: the board has no such detector */
	unsigned int found_lockup_s, found_stall_s, found_sleeper_s;
	unsigned int lockup_s, stall_s, sleeper_s; /* as they are now */
};

/* Restores what a supervisor that was killed left armed. The caller holds the board. */
void guard_recover(const struct dirs *dirs);
/* Is there anything to restore? */
bool guard_is_armed(const struct dirs *dirs);

/* Arms what the board has; what it has not is no error. */
void guard_arm(struct guard *guard, const struct dirs *dirs);
void guard_disarm(struct guard *guard);

/* For a process that shares an armed guard with the one that feeds it: closes its watchdog,
 * stopping nothing. */
void guard_let_go(struct guard *guard);

void guard_feed(const struct guard *guard);

/* Before each window: once-only complaints may speak again. */
void guard_rearm_once(const struct guard *guard);

/*
 * For the module that comes next: its load and its unload each end within so
 * many ms, or are stuck. A processor that does nothing else is found before.
 */
void guard_expect_busy(struct guard *guard, uint32_t limit_ms);
/* The same for a task that sleeps and cannot be woken, in the step that comes next. */
void guard_expect_asleep(struct guard *guard, uint32_t limit_ms);

/* What this board could arm: for Welcome. */
bool guard_has_pstore(const struct dirs *dirs);
unsigned int guard_watchdog_limit_s(const struct dirs *dirs);
bool guard_has_watchdog(const struct dirs *dirs);
bool guard_lockdep_off(const struct dirs *dirs);

/* --- between the parts --- */

/* Small files of the kernel's below place->root. "" or 0 when it is not there. */
void guard_read(const struct dirs *dirs, const char *path, char *text, size_t size);
unsigned int guard_read_number(const struct dirs *dirs, const char *path);
int guard_write(const struct dirs *dirs, const char *path, const char *text);
bool guard_exists(const struct dirs *dirs, const char *path);

/* Before the change: killed between the two we would never give it back. false: it cannot be
 * written down (`armed` NULL: nothing can), so that it must stay as it is. */
bool guard_remember(FILE *armed, const char *what, const char *value);

/* patience.c: remembers what was found. */
void guard_arm_patience(struct guard *guard, FILE *armed);
/* Is it one of its settings? For guard_recover(). */
bool guard_is_patience(const char *path);

/* watchdog.c */
void guard_arm_watchdog(struct guard *guard, FILE *armed);
/* Its name among what was found, and how it is given back. */
#define GUARD_SYSTEMD "systemd-watchdog"
void guard_give_back_watchdog(const char *usec);
/* The same of the time-out that it had. */
#define GUARD_TIMEOUT "watchdog-timeout"
void guard_restore_timeout(const struct dirs *dirs, const char *seconds);

#endif
