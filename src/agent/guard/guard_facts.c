// SPDX-License-Identifier: GPL-2.0-only
#include "agent/guard/guard.h"

#include "common/cleanup.h"

#include <stdlib.h>
#include <string.h>

bool guard_has_pstore(const struct dirs *dirs)
{
	char backend[64];

	guard_read(dirs, "/sys/module/pstore/parameters/backend", backend, sizeof(backend));
	return *backend && strcmp(backend, "(null)") != 0;
}

bool guard_has_watchdog(const struct dirs *dirs)
{
	return guard_exists(dirs, "/dev/watchdog0") || guard_exists(dirs, "/dev/watchdog");
}

unsigned int guard_watchdog_limit_s(const struct dirs *dirs)
{
	return guard_read_number(dirs, "/sys/class/watchdog/watchdog0/max_timeout");
}

bool guard_lockdep_off(const struct dirs *dirs)
{
	char path[DIRS_MAX], text[256];
	const char *line;
	_cleanup_fclose_ FILE *f = NULL;

	snprintf(path, sizeof(path), "%s/proc/lockdep_stats", dirs->root);
	f = fopen(path, "re");
	while (f && (line = fgets(text, sizeof(text), f)))
		if (strstr(line, "debug_locks:"))
			return strtol(strchr(line, ':') + 1, NULL, 10) == 0;
	return false;
}
