// SPDX-License-Identifier: GPL-2.0-only
/*
 * Removes trees that are no longer used. Using a tree touches its manifest; kernel.keep tells
 * how long a tree stays after that.
 */
#include "host/kernel/internal.h"

#include "common/log.h"
#include "common/strv.h"
#include "host/base/config.h"
#include "host/base/paths.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define DAY          (24 * 3600L)
#define KEEP_DEFAULT 90 /* days */

struct expire_options {
	int keep;
};

const struct option_row kernel_expire_rows[] = {
	OPTION_INT(struct expire_options, keep, 0, "keep", "DAYS", 1, "kernel.keep",
		   "how long to keep unused kernel trees"),
	OPTION_END,
};

void kernel_mark_used(const char *root)
{
	_cleanup_free_ char *path = path_join(root, "manifest.ini", NULL);
	struct stat st;

	/* Once a day is precise enough. */
	if (stat(path, &st) == 0 && time(NULL) - st.st_mtime > DAY)
		(void)utimensat(AT_FDCWD, path, NULL, 0);
}

static bool is_unused(const char *name, time_t since)
{
	_cleanup_(kernel_manifest_release) struct kernel_manifest m = { 0 };
	_cleanup_free_ char *root = kernel_root(name),
			    *path = path_join(root, "manifest.ini", NULL);
	struct stat st;

	/* A reference to a user's own tree takes no room, and cannot be downloaded again. */
	return stat(path, &st) == 0 && st.st_mtime < since && kernel_manifest_read(root, &m) == 0 &&
	       strcmp(m.source, "path") != 0;
}

void kernel_expire(const struct config *config)
{
	struct expire_options o = { .keep = KEEP_DEFAULT };
	_cleanup_strv_ char **names = NULL;

	if (config_apply(config, kernel_expire_rows, &o) < 0 || kernel_list(&names) < 0)
		return;
	strv_foreach (name, names) {
		if (!is_unused(*name, time(NULL) - o.keep * DAY))
			continue;
		log_info("Kernel tree %s was not used for %d days; removing it "
			 "(kernel.keep)",
			 *name, o.keep);
		(void)kernel_remove(*name);
	}
}
