/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A copy of a source folder that is brought up to date by copying only what
 * changed (size or modification time). What the build adds to the copy stays
 * there; what is deleted from the sources goes. In a new copy files keep the
 * modification time they have in the sources; one that is copied later has the
 * time of that, so that it is newer than all that was built before.
 *
 * Not copied: version control, what a kernel build in the sources left behind
 * (*.ko, *.mod.c, .*.cmd, modules.order, an object that has such a .cmd, ...),
 * sockets, pipes and devices. Links that stay within the folder are copied as
 * links; of those that lead out of it, what they lead to is copied.
 */
#ifndef OUTPOST_MIRROR_H
#define OUTPOST_MIRROR_H

#include <stdbool.h>

/*
 * Brings the folder `to` up to date with the folder `from` (absolute, without
 * links). `manifest` is a file that remembers what was copied; without it there
 * is not a copy, and what stands there is removed. `stamp` is a file that says what
 * was made of an earlier copy (NULL: none). Both are gone before anything of the
 * copy changes, and the manifest is there again when all of it has, so that it
 * never calls one whole that was left half done. *changed tells whether anything
 * was copied or removed. 0 or -errno, logged.
 */
int mirror_update(const char *from, const char *to, const char *manifest, const char *stamp,
		  bool *changed);

#endif
