// SPDX-License-Identifier: GPL-2.0-only
/* Reduces a prepared source tree to what module builds need. */
#include "host/kernel/git.h"

#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"

#include <errno.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* nftw() passes no argument to its callback. */
static size_t root_length;

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

static int prune_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	if (ftw->level == 0)
		return 0;
	if (flag == FTW_DP) {
		if (rmdir(path) < 0 && errno != ENOTEMPTY && errno != EEXIST)
			return -errno;
		return 0;
	}
	if (!is_needed(path + root_length + 1, path + ftw->base) && unlink(path) < 0)
		return -errno;
	return 0;
}

int kernel_git_prune(const char *source)
{
	int r;

	root_length = strlen(source);
	r = nftw(source, prune_one, 32, FTW_PHYS | FTW_MOUNT | FTW_DEPTH);
	if (r == -1)
		r = -errno;
	return r < 0 ? log_error_errno(r, "Cannot remove unneeded files of %s", source) : 0;
}
