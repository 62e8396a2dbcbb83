// SPDX-License-Identifier: GPL-2.0-only
/* Reduces a prepared source tree to what module builds need. */
#include "host/kernel/git.h"

#include "common/cleanup.h"
#include "common/fs_walk.h"
#include "common/log.h"
#include "common/text.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool begins_with_one_of(const char *text, const char *const *list)
{
	for (; *list; list++)
		if (strncmp(text, *list, strlen(*list)) == 0)
			return true;
	return false;
}

/*
 * As in Debian's headers packages: without the drivers' own headers, which are most of the
 * sources.
 */
static bool is_needed(const char *below, const char *name)
{
	static const char *const never[] = {
		"Documentation/", "LICENSES/",        "samples/",
		"tools/testing/", "tools/perf/",      "arch/arm64/boot/",
		"rust/",          "include/config/.", NULL
	};
	static const char *const whole[] = { "include/",    "scripts/",  "tools/", "certs/",
					     "arch/arm64/", "arch/arm/", NULL };
	static const char *const names[] = { "Makefile", "Kbuild", "Kconfig", NULL };
	static const char *const made[] = { ".o", ".a", ".cmd", ".c", ".S" };

	if (begins_with_one_of(below, never))
		return false;
	if (!strchr(below, '/'))
		return *name != '.' || strcmp(name, ".config") == 0;
	if (begins_with_one_of(below, (const char *const[]){ "scripts/", "tools/", NULL }))
		return !text_ends_with(name, ".o");
	for (size_t i = 0; i < ARRAY_SIZE(made); i++)
		if (text_ends_with(name, made[i]))
			return false;
	if (strncmp(below, "arch/", 5) == 0 && !begins_with_one_of(below, whole))
		return false;
	return begins_with_one_of(below, whole) || begins_with_one_of(name, names);
}

static int prune_one(const struct fs_entry *entry, void *arg)
{
	(void)arg;
	if (entry->level == 0)
		return 0;
	if (entry->kind == FS_FOLDER) {
		if (rmdir(entry->path) < 0 && errno != ENOTEMPTY && errno != EEXIST)
			return -errno;
		return 0;
	}
	if (!is_needed(entry->below, entry->name) && unlink(entry->path) < 0)
		return -errno;
	return 0;
}

int kernel_git_prune(const char *source)
{
	int r = fs_walk(source, FS_FOLDER_LAST, prune_one, NULL);

	return r < 0 ? log_error_errno(r, "Cannot remove unneeded files of %s", source) : 0;
}
