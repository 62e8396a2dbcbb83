// SPDX-License-Identifier: GPL-2.0-only
#include "agent/guard/guard.h"

#include "common/cleanup.h"
#include "common/fs.h"

#include <stdlib.h>
#include <string.h>

/* Linux Documentation/admin-guide/sysctl/kernel.rst and vm.rst. */
static const struct setting {
	const char *path;
	const char *kept; /* the value if a pstore backend saves panics */
	const char *lost; /* and if none does */
} settings[] = {
	{ "/proc/sys/kernel/panic", "1", "1" },
	{ "/proc/sys/kernel/panic_on_oops", "1", "0" },
	{ "/proc/sys/kernel/softlockup_panic", "1", "0" },
	{ "/proc/sys/kernel/hardlockup_panic", "1", "0" },
	{ "/proc/sys/kernel/panic_on_rcu_stall", "1", "0" },
	{ "/proc/sys/kernel/soft_watchdog", "1", "1" },
	/*
	 * Hung tasks are only reported: the timeout is so short here that a slow SD card could
	 * take the board down, and a board with a hung task can still record the report.
	 */
	{ "/proc/sys/kernel/hung_task_panic", "0", "0" },
	{ "/proc/sys/kernel/hung_task_warnings", "-1", "-1" },
	/* The verdict on these is `fail`; the board keeps running. */
	{ "/proc/sys/kernel/panic_on_warn", "0", "0" },
	{ "/proc/sys/vm/panic_on_oom", "0", "0" },
};

/* --- small files -------------------------------------------------------------- */

static void full_path(const struct dirs *dirs, char full[DIRS_MAX], const char *path)
{
	snprintf(full, DIRS_MAX, "%s%s", dirs->root, path);
}

void guard_read(const struct dirs *dirs, const char *path, char *text, size_t size)
{
	char full[DIRS_MAX];

	full_path(dirs, full, path);
	dirs_read(full, text, size);
}

unsigned int guard_read_number(const struct dirs *dirs, const char *path)
{
	char text[32];

	guard_read(dirs, path, text, sizeof(text));
	return (unsigned int)strtoul(text, NULL, 10);
}

int guard_write(const struct dirs *dirs, const char *path, const char *text)
{
	char full[DIRS_MAX], line[64];

	full_path(dirs, full, path);
	snprintf(line, sizeof(line), "%s\n", text);
	return fs_write_existing(full, line);
}

bool guard_exists(const struct dirs *dirs, const char *path)
{
	char full[DIRS_MAX];

	full_path(dirs, full, path);
	return fs_exists(full);
}

/* --- arming -------------------------------------------------------------------- */

void guard_rearm_once(const struct guard *guard)
{
	(void)guard_write(guard->dirs, "/sys/kernel/debug/clear_warn_once", "1");
	(void)guard_write(guard->dirs, "/proc/sys/kernel/hung_task_warnings", "-1");
}

static int armed_path(const struct dirs *dirs, char path[DIRS_MAX])
{
	return dirs_runtime(dirs, path, "armed");
}

bool guard_remember(FILE *armed, const char *what, const char *value)
{
	return armed && fprintf(armed, "%s %s\n", what, value) > 0 && fflush(armed) == 0;
}

static void arm_settings(struct guard *guard, FILE *armed)
{
	bool kept = guard_has_pstore(guard->dirs);

	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		const struct setting *setting = &settings[i];
		const char *value = kept ? setting->kept : setting->lost;
		char old[32];

		guard_read(guard->dirs, setting->path, old, sizeof(old));
		if (!*old || strcmp(old, value) == 0 || !guard_remember(armed, setting->path, old))
			continue;
		(void)guard_write(guard->dirs, setting->path, value);
	}
	guard->panics_on_oops =
		guard_read_number(guard->dirs, "/proc/sys/kernel/panic_on_oops") > 0;
}

void guard_arm(struct guard *guard, const struct dirs *dirs)
{
	char path[DIRS_MAX];
	_cleanup_fclose_ FILE *armed = NULL;

	guard_recover(dirs);
	*guard = (struct guard){ .dirs = dirs, .watchdog_fd = -1 };
	if (armed_path(dirs, path) == 0)
		armed = fopen(path, "we");
	guard_arm_watchdog(guard, armed);
	guard_arm_patience(guard, armed);
	arm_settings(guard, armed);
}

/* --- restoring ------------------------------------------------------------------ */

static bool is_setting(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		if (strcmp(path, settings[i].path) == 0)
			return true;
	return guard_is_patience(path);
}

static void restore_line(const struct dirs *dirs, const char *path, const char *value)
{
	if (strcmp(path, GUARD_SYSTEMD) == 0)
		guard_give_back_watchdog(value);
	else if (strcmp(path, GUARD_TIMEOUT) == 0)
		guard_restore_timeout(dirs, value);
	else if (is_setting(path))
		(void)guard_write(dirs, path, value);
}

bool guard_is_armed(const struct dirs *dirs)
{
	char path[DIRS_MAX];

	return armed_path(dirs, path) == 0 && fs_exists(path);
}

void guard_recover(const struct dirs *dirs)
{
	char path[DIRS_MAX], line[256];
	_cleanup_fclose_ FILE *armed = NULL;

	if (armed_path(dirs, path) < 0)
		return;
	armed = fopen(path, "re");
	while (armed && fgets(line, sizeof(line), armed)) {
		char *space = strchr(line, ' ');

		line[strcspn(line, "\n")] = '\0';
		if (!space)
			continue;
		*space = '\0';
		restore_line(dirs, line, space + 1);
	}
	unlink(path);
}

void guard_disarm(struct guard *guard)
{
	guard_feed(guard);
	guard_let_go(guard);
	guard_recover(guard->dirs);
}
