// SPDX-License-Identifier: GPL-2.0-only
#include "common/fs_walk.h"

#include "common/cleanup.h"

#include <errno.h>
#include <fts.h>
#include <stdbool.h>
#include <string.h>

DEFINE_CLEANUP(FTS *, fts_close);

/* false for the unwanted one of the two visits to a folder. */
static bool is_wanted(const FTSENT *e, enum fs_order order)
{
	return order == FS_FOLDER_LAST ? e->fts_info != FTS_D : e->fts_info != FTS_DP;
}

static enum fs_kind kind_of(const FTSENT *e)
{
	switch (e->fts_info) {
	case FTS_D:
	case FTS_DP: return FS_FOLDER;
	case FTS_SL:
	case FTS_SLNONE: return FS_LINK;
	case FTS_F:
	case FTS_DEFAULT: return FS_FILE;
	default: return FS_UNREADABLE;
	}
}

int fs_walk(const char *dir, enum fs_order order, fs_see see, void *arg)
{
	char *const paths[] = { (char *)dir, NULL };
	_cleanup_(fts_closep) FTS *fts =
		fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL);
	size_t length = strlen(dir);
	FTSENT *e;

	while (length && dir[length - 1] == '/')
		length--;
	while (fts && (errno = 0, e = fts_read(fts))) {
		struct fs_entry entry = {
			.path = e->fts_path,
			.below = e->fts_path + length,
			.name = e->fts_path + e->fts_pathlen - e->fts_namelen,
			.kind = kind_of(e),
			.level = e->fts_level,
			.st = e->fts_statp,
		};
		int r;

		if (entry.kind == FS_UNREADABLE && e->fts_level == 0)
			return -e->fts_errno;
		if (!is_wanted(e, order))
			continue;
		entry.below += strspn(entry.below, "/");
		r = see(&entry, arg);
		if (r < 0)
			return r;
		if (r == FS_SKIP)
			fts_set(fts, e, FTS_SKIP);
	}
	return -errno;
}
