/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes cpio archives of the "newc" kind, as the kernel unpacks them from an
 * initramfs (Documentation/driver-api/early-userspace/buffer-format.rst).
 * All is owned by root and dated 1970, so that equal content is an equal
 * archive. Archives may follow each other: later entries win.
 */
#ifndef OUTPOST_VM_CPIO_H
#define OUTPOST_VM_CPIO_H

#include "common/strbuf.h"

#include <sys/types.h>

/* `name` is without a leading slash. The folders of an entry are to be added before it. */
void cpio_add_dir(struct strbuf *archive, const char *name, mode_t mode);
void cpio_add_link(struct strbuf *archive, const char *name, const char *target);
void cpio_add_data(struct strbuf *archive, const char *name, mode_t mode, const void *data,
		   size_t n);

/* The content of the file at `path`. 0 or -errno, not logged. */
int cpio_add_file(struct strbuf *archive, const char *name, mode_t mode, const char *path);

/* Ends one archive. */
void cpio_end(struct strbuf *archive);

#endif
