// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hardware watchdog: see Linux Documentation/watchdog/watchdog-api.rst. It can be opened
 * only once; if systemd has it, it is borrowed.
 */
#include "agent/guard/guard.h"

#include "common/cleanup.h"
#include "common/process.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/watchdog.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define WATCHDOG_S 20 /* long enough for a slow board's fsync, short enough to wait for */

#define SYSTEMD_PROPERTY                                         \
	"org.freedesktop.systemd1", "/org/freedesktop/systemd1", \
		"org.freedesktop.systemd1.Manager", "RuntimeWatchdogUSec"

static bool set_systemd_watchdog(const char *usec)
{
	return process_run(ARGV("busctl", "set-property", SYSTEMD_PROPERTY, "t", usec), NULL) == 0;
}

/* Reads systemd's timeout in microseconds, to restore later: busctl prints "t 60000000". */
static bool get_systemd_watchdog(char *usec, size_t size)
{
	_cleanup_(strbuf_release) struct strbuf line = STRBUF_INIT;
	const struct process_options options = { .output = &line };

	if (process_run(ARGV("busctl", "get-property", SYSTEMD_PROPERTY), &options) != 0 ||
	    strncmp(line.buf, "t ", 2) != 0)
		return false;
	line.buf[strcspn(line.buf, "\n")] = '\0';
	snprintf(usec, size, "%s", line.buf + 2);
	return true;
}

void guard_give_back_watchdog(const char *usec)
{
	set_systemd_watchdog(usec);
}

static int open_device(const struct dirs *dirs)
{
	char path[DIRS_MAX];

	snprintf(path, sizeof(path), "%s/dev/watchdog", dirs->root);
	return open(path, O_WRONLY | O_CLOEXEC);
}

/*
 * A nowayout watchdog that we start would reset the board after the run. One that is already
 * running can be taken over.
 */
static bool cannot_be_stopped(const struct dirs *dirs)
{
	char state[16];

	guard_read(dirs, "/sys/class/watchdog/watchdog0/state", state, sizeof(state));
	return guard_read_number(dirs, "/sys/class/watchdog/watchdog0/nowayout") &&
	       strcmp(state, "active") != 0;
}

static int open_watchdog(const struct dirs *dirs, FILE *armed)
{
	int fd = open_device(dirs);
	char usec[64];

	/* Somebody else has it; if systemd is running, it may be systemd. */
	if (fd >= 0 || errno == ENOENT || !guard_exists(dirs, "/run/systemd/system"))
		return fd;
	if (!get_systemd_watchdog(usec, sizeof(usec)))
		return -1;
	if (!guard_remember(armed, GUARD_SYSTEMD, usec) || !set_systemd_watchdog("0"))
		return -1;
	return open_device(dirs);
}

/* Returns the timeout now in effect, in seconds; 0: unknown. */
static int set_timeout(const struct guard *guard, FILE *armed)
{
	int seconds = WATCHDOG_S, found;
	char text[16];

	if (ioctl(guard->watchdog_fd, WDIOC_GETTIMEOUT, &found) < 0)
		found = 0;
	snprintf(text, sizeof(text), "%d", found);
	if (found && !guard_remember(armed, GUARD_TIMEOUT, text))
		return found;
	return ioctl(guard->watchdog_fd, WDIOC_SETTIMEOUT, &seconds) < 0 ? found : seconds;
}

/* The device is free by now, or systemd has it again and has set its own timeout. */
void guard_restore_timeout(const struct dirs *dirs, const char *text)
{
	int seconds = (int)strtol(text, NULL, 10);
	int fd = open_device(dirs);

	if (fd < 0)
		return;
	if (seconds > 0)
		(void)ioctl(fd, WDIOC_SETTIMEOUT, &seconds);
	(void)!write(fd, "V", 1);
	close(fd);
}

void guard_arm_watchdog(struct guard *guard, FILE *armed)
{
	if (cannot_be_stopped(guard->dirs))
		return;
	guard->watchdog_fd = open_watchdog(guard->dirs, armed);
	if (guard->watchdog_fd < 0)
		return;
	guard->watchdog_s = (unsigned int)set_timeout(guard, armed);
	guard_feed(guard);
}

/*
 * Uses the magic character, so that closing the device stops the watchdog: a killed supervisor
 * does not mean that the board is broken. The watchdog fires only if the supervisor exists and
 * cannot run.
 */
void guard_feed(const struct guard *guard)
{
	if (guard->watchdog_fd >= 0)
		(void)!write(guard->watchdog_fd, "V", 1);
}

void guard_let_go(struct guard *guard)
{
	if (guard->watchdog_fd >= 0)
		close(guard->watchdog_fd);
	guard->watchdog_fd = -1;
}
