/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Updates a copy of a source folder by copying only what changed (size or modification time).
 * Files that the build adds to the copy stay; files that were deleted from the sources are
 * removed. In a new copy, files keep their modification times; a file that is copied later
 * gets the time of that update, so that it is newer than everything built before.
 *
 * Not copied: version control, leftovers of a kernel build in the sources (*.ko, *.mod.c,
 * .*.cmd, modules.order, an object that has such a .cmd, ...), sockets, pipes and devices.
 * Links that stay within the folder are copied as links; for links that lead out of it, their
 * target is copied, if it is in the same project.
 */
#ifndef OUTPOST_MIRROR_H
#define OUTPOST_MIRROR_H

#include <stdbool.h>

/*
 * Links and folders beside it can make much of a small source tree: limits for all that is copied
 * for one unit.
 */
#define MIRROR_MAX_FILES 200000
#define MIRROR_MAX_BYTES (4LL << 30)

struct mirror_size {
	long long files, bytes;
};

struct mirror {
	const char *from;    /* the sources: absolute, without links */
	const char *project; /* links that lead out of this folder are left out */
	int root;            /* the copy is the folder `to` below this one, see common/beneath.h */
	const char *to;
	const char *manifest; /* file that lists what was copied; without it, the copy is removed */
	const char *stamp;    /* file that describes what was built from an earlier copy, or NULL */
	char ***left_out;     /* the links that were left out are added here */
	struct mirror_size *size; /* what is in the copy is added here */
};

/*
 * Updates the copy. Stamp and manifest are removed before the copy changes, and the manifest is
 * written when it is complete, so that a partial update is never taken for a complete one.
 * *changed: was anything copied or removed? 0 or -errno, logged; -EFBIG if *size exceeds a limit.
 */
int mirror_update(const struct mirror *mirror, bool *changed);

#endif
