// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long the kernel's detectors wait. By default it is 20 s and 2 minutes; by then a step of
 * 10 s has long been declared stuck, and the verdict is right, but nothing shows where it
 * hangs. So the detectors are set to report shortly before the limit of the current step. An
 * earlier report would blame a module, or another driver, that only used the time it was
 * given.
 */
#include "agent/guard/guard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOCKUP  "/proc/sys/kernel/watchdog_thresh"
#define STALL   "/sys/module/rcupdate/parameters/rcu_cpu_stall_timeout"
#define SLEEPER "/proc/sys/kernel/hung_task_timeout_secs"
#define LOOK    "/proc/sys/kernel/hung_task_check_interval_secs"

/* Seconds. Less than this can be normal on a loaded board. */
#define LOCKUP_LEAST  3 /* a soft lockup takes twice that */
#define STALL_LEAST   6
#define SLEEPER_LEAST 5

bool guard_is_patience(const char *path)
{
	return strcmp(path, LOCKUP) == 0 || strcmp(path, STALL) == 0 ||
	       strcmp(path, SLEEPER) == 0 || strcmp(path, LOOK) == 0;
}

/* true if the setting exists and may be changed. */
static bool find(const struct guard *guard, FILE *armed, const char *path, unsigned int *found)
{
	char old[32];

	guard_read(guard->dirs, path, old, sizeof(old));
	*found = (unsigned int)strtoul(old, NULL, 10);
	if (*old && guard_remember(armed, path, old))
		return true;
	*found = 0;
	return false;
}

void guard_arm_patience(struct guard *guard, FILE *armed)
{
	unsigned int look_s;

	find(guard, armed, LOCKUP, &guard->found_lockup_s);
	find(guard, armed, STALL, &guard->found_stall_s);
	find(guard, armed, SLEEPER, &guard->found_sleeper_s);
	guard->lockup_s = guard->found_lockup_s;
	guard->stall_s = guard->found_stall_s;
	guard->sleeper_s = guard->found_sleeper_s;
	/* By default it checks once per timeout and may take two to find a task. */
	if (find(guard, armed, LOOK, &look_s) && guard->found_sleeper_s)
		(void)guard_write(guard->dirs, LOOK, "1");
}

/* A detector that was off (0) stays off. */
static void set(const struct guard *guard, const char *path, unsigned int *now, unsigned int wanted,
		unsigned int least, unsigned int most)
{
	char text[16];

	if (wanted < least)
		wanted = least;
	if (wanted > most)
		wanted = most;
	if (!most || wanted == *now)
		return;
	*now = wanted;
	snprintf(text, sizeof(text), "%u", wanted);
	(void)guard_write(guard->dirs, path, text);
}

static unsigned int at_most(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

static unsigned int less(unsigned int a, unsigned int b)
{
	return a > b ? a - b : 0;
}

/*
 * The soft lockup detector counts in units of 2^30 ns, reports after more than two thresholds,
 * and checks every 0.4 thresholds (kernel/watchdog.c): with a threshold t it may report as
 * late as 2.6 t + 1.1 s after the start. This sets the t for a report one second before the
 * limit. RCU, which also sees processors that keep interrupts off, reports after it, or before
 * it if the limit is below 9 s, for which even the smallest threshold is too long.
 *
 * When all processors are stuck, nobody feeds the watchdog, and both report before it resets
 * the board. A new threshold costs the kernel some milliseconds, so it is set once per module,
 * not for each step.
 */
void guard_expect_busy(struct guard *guard, uint32_t limit_ms)
{
	unsigned int limit_s = limit_ms / 1000;
	unsigned int bite_s = guard->watchdog_s ? less(guard->watchdog_s, 3) : 3600;

	set(guard, LOCKUP, &guard->lockup_s, less(at_most(limit_s, 3600), 2) * 5 / 13, LOCKUP_LEAST,
	    at_most(guard->found_lockup_s, bite_s * 5 / 13));
	set(guard, STALL, &guard->stall_s, limit_s, STALL_LEAST,
	    at_most(guard->found_stall_s, bite_s));
}

void guard_expect_asleep(struct guard *guard, uint32_t limit_ms)
{
	set(guard, SLEEPER, &guard->sleeper_s, less(limit_ms / 1000, 3), SLEEPER_LEAST,
	    guard->found_sleeper_s);
}
