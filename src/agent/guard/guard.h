/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Arms a board for a run, and restores the previous settings.
 *
 *	guard.c		kernel settings, and restoring them after a killed supervisor
 *	patience.c	how long the kernel's detectors wait
 *	watchdog.c	the hardware watchdog
 *	guard_facts.c	what this board could arm
 *
 * A panic reboots after a second. An oops, a lockup or an RCU stall panics only if a pstore
 * backend saves the messages: without one, the panic would destroy the evidence, which a limping
 * board can still record. A WARNING or a task that sleeps for long does not panic: the supervisor
 * keeps running. The hardware watchdog resets the board when nobody feeds it; if systemd holds it,
 * it is borrowed.
 *
 * The previous settings are kept in /run/outpost/armed until they are restored, so that after a
 * killed supervisor the next start restores them.
 */
#ifndef OUTPOST_AGENT_GUARD_H
#define OUTPOST_AGENT_GUARD_H

#include "agent/base/dirs.h"

#include <stdbool.h>
#include <stdio.h>

struct guard {
	const struct dirs *dirs;
	int watchdog_fd;
	unsigned int watchdog_s; /* its timeout; 0: no watchdog */
	bool panics_on_oops;
	/* seconds; 0: the board has no such detector */
	unsigned int found_lockup_s, found_stall_s, found_sleeper_s;
	unsigned int lockup_s, stall_s, sleeper_s; /* the current values */
};

/* Restores what a killed supervisor left armed. The caller must hold the board. */
void guard_recover(const struct dirs *dirs);
/* Is there anything to restore? */
bool guard_is_armed(const struct dirs *dirs);

/* Arms what the board has; a missing feature is not an error. */
void guard_arm(struct guard *guard, const struct dirs *dirs);
void guard_disarm(struct guard *guard);

/*
 * For a process that shares an armed guard with the one that feeds the watchdog: closes its
 * descriptor without stopping the watchdog.
 */
void guard_let_go(struct guard *guard);

void guard_feed(const struct guard *guard);

/* Call before each window: lets the kernel report once-only warnings again. */
void guard_rearm_once(const struct guard *guard);

/*
 * For the next module, whose load and unload count as stuck after `limit_ms`: sets the
 * detectors so that a busy processor is reported before that.
 */
void guard_expect_busy(struct guard *guard, uint32_t limit_ms);
/* The same for the next step, and a task that sleeps and cannot be woken. */
void guard_expect_asleep(struct guard *guard, uint32_t limit_ms);

/* What this board could arm, for Welcome. */
bool guard_has_pstore(const struct dirs *dirs);
unsigned int guard_watchdog_limit_s(const struct dirs *dirs);
bool guard_has_watchdog(const struct dirs *dirs);
bool guard_lockdep_off(const struct dirs *dirs);

/* --- between the parts --- */

/* Small files of the kernel below dirs->root. "" or 0 if missing. */
void guard_read(const struct dirs *dirs, const char *path, char *text, size_t size);
unsigned int guard_read_number(const struct dirs *dirs, const char *path);
int guard_write(const struct dirs *dirs, const char *path, const char *text);
bool guard_exists(const struct dirs *dirs, const char *path);

/*
 * Call before changing a setting: if we are killed after the change, the old value must be on
 * record. false: it cannot be recorded (`armed` NULL: nothing can), so the setting must not be
 * changed.
 */
bool guard_remember(FILE *armed, const char *what, const char *value);

/* patience.c: records the detectors' settings. */
void guard_arm_patience(struct guard *guard, FILE *armed);
/* Is this a setting of patience.c? For guard_recover(). */
bool guard_is_patience(const char *path);

/* watchdog.c */
void guard_arm_watchdog(struct guard *guard, FILE *armed);
/* The name of systemd's watchdog timeout in the file `armed`, and how to restore it. */
#define GUARD_SYSTEMD "systemd-watchdog"
void guard_give_back_watchdog(const char *usec);
/* The same for the timeout of the device. */
#define GUARD_TIMEOUT "watchdog-timeout"
void guard_restore_timeout(const struct dirs *dirs, const char *seconds);

#endif
