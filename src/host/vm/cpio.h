/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes cpio archives in "newc" format, as in an initramfs (the kernel's
 * Documentation/driver-api/early-userspace/buffer-format.rst). Everything belongs to root and
 * is dated 1970, so that equal content makes equal archives. Archives may be concatenated:
 * later entries win.
 */
#ifndef OUTPOST_VM_CPIO_H
#define OUTPOST_VM_CPIO_H

#include "common/strbuf.h"

#include <sys/types.h>

/* `name` has no leading slash. Add the folders of an entry before the entry. */
void cpio_add_dir(struct strbuf *archive, const char *name, mode_t mode);
void cpio_add_link(struct strbuf *archive, const char *name, const char *target);
void cpio_add_data(struct strbuf *archive, const char *name, mode_t mode, const void *data,
		   size_t n);

/* Adds the content of the file at `path`. 0 or -errno, not logged. */
int cpio_add_file(struct strbuf *archive, const char *name, mode_t mode, const char *path);

/* Ends the archive. */
void cpio_end(struct strbuf *archive);

#endif
