/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every vm with the same kernel shares, in path_cache("vm", <release>),
 * made from Debian's arm64 packages once and put in place by rename:
 *
 *	vmlinuz		the kernel
 *	initramfs.cpio	busybox, OpenSSH's server, its libraries, and
 *			the modules that booting needs
 *	modules.img	ext4 with all of /lib/modules/<release>
 *	manifest	size, time of change and hash of each
 */
#ifndef OUTPOST_VM_IMAGE_H
#define OUTPOST_VM_IMAGE_H

#include "common/cleanup.h"

#include <stdbool.h>

struct image {
	char *release;
	char *kernel, *initramfs, *modules; /* paths */
};

/*
 * The image of this release; one that is not there is made, and one that was
 * damaged is made again, which is logged. `thorough`: all of it is read to find
 * out, as when its kernel did not come up. 0, 1 when it was made just now, or
 * -errno, logged.
 */
int image_obtain(const char *release, bool thorough, struct image **image);
void image_free(struct image *image);

DEFINE_CLEANUP(struct image *, image_free);

/* --- the parts of making one, each in a file of its own --- */

/*
 * Writes the manifest of `files` (names in `dir`, ended by NULL), or compares
 * it with what is there: by size and time of change, and where only the time
 * differs, or with `thorough`, by hash. 0, -EUCLEAN when something is not as it was,
 * -ENOENT when there is no manifest of this kind, -errno; not logged.
 */
int manifest_write(const char *dir, const char *const *files);
int manifest_check(const char *dir, const char *const *files, bool thorough);

/*
 * The shared libraries that an ELF program needs, found below `root` in the
 * places where Debian has them: paths, the dynamic linker among them. 0 or
 * -errno, logged.
 */
int library_closure(const char *root, const char *program, char ***paths);

/*
 * `base`/lib/modules/<release> as the package has it: decompressed, and with
 * modules.dep. 0 or -errno, logged.
 */
int modules_prepare(const char *base, const char *release);

/*
 * Adds to `lines` the lines of modules.dep (text `dep`) that `names` and all
 * they depend on have, those needed first, each once; and to `found` the names
 * that have one. Dashes and underscores are the same.
 */
void modules_closure(const char *dep, const char *const *names, char ***lines, char ***found);

/* An ext4 image of the folder `base`/lib/modules. 0 or -errno, logged. */
int modules_write_disk(const char *base, const char *image);

#endif
