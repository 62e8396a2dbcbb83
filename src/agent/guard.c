// SPDX-License-Identifier: GPL-2.0-only
#include "agent/guard.h"

#include "common/cleanup.h"
#include "common/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/watchdog.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#define WATCHDOG_S 20 /* long enough for a slow board's fsync, short enough to wait for */

/* Kernel sysctls: Linux Documentation/admin-guide/sysctl/kernel.rst. */
static const struct {
	const char *path;
	const char *value;
	bool needs_pstore;
} settings[] = {
	{ "/proc/sys/kernel/panic", "1", false },
	{ "/proc/sys/kernel/panic_on_oops", "1", true },
	{ "/proc/sys/kernel/hung_task_warnings", "-1", false },
};

bool guard_has_pstore(void)
{
	char backend[64];

	place_read("/sys/module/pstore/parameters/backend", backend, sizeof(backend));
	return *backend && strcmp(backend, "(null)") != 0;
}

bool guard_has_watchdog(void)
{
	return fs_exists("/dev/watchdog0") || fs_exists("/dev/watchdog");
}

unsigned int guard_watchdog_limit_s(void)
{
	char text[32];

	place_read("/sys/class/watchdog/watchdog0/max_timeout", text, sizeof(text));
	return (unsigned int)strtoul(text, NULL, 10);
}

bool guard_lockdep_off(void)
{
	char text[256];
	const char *line;
	_cleanup_fclose_ FILE *f = fopen("/proc/lockdep_stats", "re");

	while (f && (line = fgets(text, sizeof(text), f)))
		if (strstr(line, "debug_locks:"))
			return strtol(strchr(line, ':') + 1, NULL, 10) == 0;
	return false;
}

void guard_rearm_once(void)
{
	(void)fs_write_existing("/sys/kernel/debug/clear_warn_once", "1");
	(void)fs_write_existing("/proc/sys/kernel/hung_task_warnings", "-1");
}

#define SYSTEMD_WATCHDOG "systemd-watchdog" /* among what was found */

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

static int armed_path(const struct place *place, char path[PLACE_MAX])
{
	return place_runtime(place, path, "armed");
}

/* Before the change: killed between the two we would never give it back. */
static void remember(FILE *armed, const char *what, const char *value)
{
	if (armed) {
		fprintf(armed, "%s %s\n", what, value);
		fflush(armed);
	}
}

static int open_watchdog(FILE *armed)
{
	int fd = open("/dev/watchdog", O_WRONLY | O_CLOEXEC);
	char usec[64];

	if (fd >= 0 || errno != EBUSY || !fs_exists("/run/systemd/system"))
		return fd;
	if (!get_systemd_watchdog(usec, sizeof(usec)))
		return -1;
	remember(armed, SYSTEMD_WATCHDOG, usec);
	if (!set_systemd_watchdog("0"))
		return -1;
	return open("/dev/watchdog", O_WRONLY | O_CLOEXEC);
}

static void arm_watchdog(struct guard *guard, FILE *armed)
{
	int seconds = WATCHDOG_S;

	guard->watchdog_fd = open_watchdog(armed);
	if (guard->watchdog_fd < 0)
		return;
	if (ioctl(guard->watchdog_fd, WDIOC_SETTIMEOUT, &seconds) < 0 &&
	    ioctl(guard->watchdog_fd, WDIOC_GETTIMEOUT, &seconds) < 0)
		seconds = 0;
	guard->watchdog_s = (unsigned int)seconds;
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

static void arm_settings(struct guard *guard, FILE *armed)
{
	bool pstore = guard_has_pstore();

	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		char old[32];

		if (settings[i].needs_pstore && !pstore)
			continue;
		place_read(settings[i].path, old, sizeof(old));
		if (!*old)
			continue;
		remember(armed, settings[i].path, old);
		if (fs_write_existing(settings[i].path, settings[i].value) == 0 &&
		    settings[i].needs_pstore)
			guard->panics_on_oops = true;
	}
}

void guard_arm(struct guard *guard, const struct place *place)
{
	char path[PLACE_MAX];
	_cleanup_fclose_ FILE *armed = NULL;

	guard_recover(place);
	*guard = (struct guard){ .place = place, .watchdog_fd = -1 };
	if (armed_path(place, path) == 0)
		armed = fopen(path, "we");
	arm_settings(guard, armed);
	arm_watchdog(guard, armed);
}

static void restore_line(const char *path, const char *value)
{
	if (strcmp(path, SYSTEMD_WATCHDOG) == 0) {
		set_systemd_watchdog(value);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		if (strcmp(path, settings[i].path) == 0)
			(void)fs_write_existing(path, value);
}

void guard_recover(const struct place *place)
{
	char path[PLACE_MAX], line[256];
	_cleanup_fclose_ FILE *armed = NULL;

	if (armed_path(place, path) < 0)
		return;
	armed = fopen(path, "re");
	while (armed && fgets(line, sizeof(line), armed)) {
		char *space = strchr(line, ' ');

		line[strcspn(line, "\n")] = '\0';
		if (!space)
			continue;
		*space = '\0';
		restore_line(line, space + 1);
	}
	unlink(path);
}

void guard_disarm(struct guard *guard)
{
	guard_feed(guard);
	guard_let_go(guard);
	guard_recover(guard->place);
}
