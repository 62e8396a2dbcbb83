// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long the kernel's detectors wait. As they are found they wait for 20 s
 * and 2 minutes, when a step of 10 s has long been called stuck: then the
 * verdict is right, but nobody says where it hangs. So they speak shortly
 * before the limit of what is under way: earlier would be a word against a
 * module, or against another driver, that only took the time it was given.
 */
#include "agent/guard/guard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOCKUP  "/proc/sys/kernel/watchdog_thresh"
#define STALL   "/sys/module/rcupdate/parameters/rcu_cpu_stall_timeout"
#define SLEEPER "/proc/sys/kernel/hung_task_timeout_secs"
#define LOOK    "/proc/sys/kernel/hung_task_check_interval_secs"

/* Seconds. Less than these a loaded board may take for nothing. */
#define LOCKUP_LEAST  3 /* twice that is a soft lockup */
#define STALL_LEAST   6
#define SLEEPER_LEAST 5

bool guard_is_patience(const char *path)
{
	return strcmp(path, LOCKUP) == 0 || strcmp(path, STALL) == 0 ||
	       strcmp(path, SLEEPER) == 0 || strcmp(path, LOOK) == 0;
}

/* true when it is there, and may be changed. */
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
	/* Else it looks once in a time-out, and finds a task after two. */
	if (find(guard, armed, LOOK, &look_s) && guard->found_sleeper_s)
		(void)guard_write(guard->dirs, LOOK, "1");
}

/* One that was switched off (0) stays so. */
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
 * The soft lockup detector counts in units of 2^30 ns, wants more than two
 * thresholds of them to be over, and looks every 0.4 thresholds (kernel/watchdog.c):
 * of a threshold t it may speak as late as 2.6 t + 1.1 s after the beginning. This
 * is the t that has it speak a second before the limit. RCU, which sees also
 * those that keep interrupts off, comes after it; but before it where the limit is
 * below 9 s, and the least threshold too long for that.
 * Where all processors are stuck the watchdog is not fed, and both come before
 * it bites. A new threshold costs the kernel some milliseconds, so that this is
 * for a module, not for each of its steps.
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
