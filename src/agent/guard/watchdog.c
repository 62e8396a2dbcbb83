// SPDX-License-Identifier: GPL-2.0-only
/* Linux Documentation/watchdog/watchdog-api.rst. It opens once: where systemd has it, it is
 * borrowed. */
#include "agent/guard/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/watchdog.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define WATCHDOG_S 20 /* long enough for a slow board's fsync, short enough to wait for */

#define SYSTEMD_PROPERTY                                         \
	"org.freedesktop.systemd1", "/org/freedesktop/systemd1", \
		"org.freedesktop.systemd1.Manager", "RuntimeWatchdogUSec"

/* busctl, which is part of systemd; its standard output goes to `output`. */
static bool run_busctl(const char *const *argv, int output)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		if (output >= 0)
			dup2(output, STDOUT_FILENO);
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	if (pid < 0)
		return false;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool set_systemd_watchdog(const char *usec)
{
	const char *const argv[] = { "busctl", "set-property", SYSTEMD_PROPERTY, "t", usec, NULL };

	return run_busctl(argv, -1);
}

/* Its time-out in microseconds, to give back later: busctl prints "t 60000000". */
static bool get_systemd_watchdog(char *usec, size_t size)
{
	const char *const argv[] = { "busctl", "get-property", SYSTEMD_PROPERTY, NULL };
	char line[64] = "";
	int fds[2];
	bool ok;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return false;
	ok = run_busctl(argv, fds[1]);
	close(fds[1]);
	ok = ok && read(fds[0], line, sizeof(line) - 1) > 2 && strncmp(line, "t ", 2) == 0;
	close(fds[0]);
	line[strcspn(line, "\n")] = '\0';
	snprintf(usec, size, "%s", ok ? line + 2 : "");
	return ok;
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

/* Started now, it would reset the board after the run. One that runs already changes hands. */
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

	/* Whoever has it: where there is systemd, it may be that. */
	if (fd >= 0 || errno == ENOENT || !guard_exists(dirs, "/run/systemd/system"))
		return fd;
	if (!get_systemd_watchdog(usec, sizeof(usec)))
		return -1;
	if (!guard_remember(armed, GUARD_SYSTEMD, usec) || !set_systemd_watchdog("0"))
		return -1;
	return open_device(dirs);
}

/* In seconds; 0: not known. */
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

/* Nobody has it by now; systemd, which may, has set its own. */
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
 * Fed with the magic character, so that closing stops it: a supervisor that
 * is killed says nothing against the board. What it waits for is one that is
 * there and cannot run.
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
