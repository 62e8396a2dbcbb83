/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What all vms with the same kernel share. vm up makes it once from Debian's arm64 packages, and puts
 * it in place by rename, in path_cache("vm", <release>):
 *
 *	vmlinuz		the kernel
 *	initramfs.cpio	busybox, the OpenSSH server, its libraries, and modules to boot
 *	modules.img	ext4 with /lib/modules/<release>
 *	manifest	size, time of change and hash of each file
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
 * The image for this release: created if missing, recreated if damaged (logged). `thorough`
 * reads all of it to check, for instance because its kernel did not come up. 0; 1 if it was
 * created now; or -errno, logged.
 */
int image_obtain(const char *release, bool thorough, struct image **image);
void image_free(struct image *image);

DEFINE_CLEANUP(struct image *, image_free);

/* --- parts of image creation, each in its own file --- */

/*
 * Writes the manifest of `files` (names in `dir`, NULL-terminated), or compares the files with
 * it: size and time of change, and if only the time differs, or with `thorough`, the hash. 0,
 * -EUCLEAN if a file has changed, -ENOENT if there is no manifest in this format, or -errno;
 * not logged.
 */
int manifest_write(const char *dir, const char *const *files);
int manifest_check(const char *dir, const char *const *files, bool thorough);

/*
 * The shared libraries of an ELF program, and the dynamic linker, as paths below `root`, where
 * Debian has them. 0 or -errno, logged.
 */
int library_closure(const char *root, const char *program, char ***paths);

/*
 * Decompresses the modules in `base`/lib/modules/<release> and makes modules.dep. 0 or -errno,
 * logged.
 */
int modules_prepare(const char *base, const char *release);

/*
 * Adds to `lines` the lines in modules.dep (text `dep`) for `names` and everything they depend
 * on, dependencies first, each once; and to `found` the names that have a line. Dashes and
 * underscores are equivalent.
 */
void modules_closure(const char *dep, const char *const *names, char ***lines, char ***found);

/* Makes an ext4 image of the folder `base`/lib/modules. 0 or -errno, logged. */
int modules_write_disk(const char *base, const char *image);

#endif
