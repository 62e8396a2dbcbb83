/* SPDX-License-Identifier: GPL-2.0-only */
/* Files packed with gzip, xz or zstd, as kernel modules are. */
#ifndef OUTPOST_UNPACK_H
#define OUTPOST_UNPACK_H

#include "common/strbuf.h"

#include <stdbool.h>

/* More than this is in no file that we read, packed or not: amdgpu.ko with debug info has 400 MiB.
 */
#define UNPACKED_MAX (512UL * 1024 * 1024)

enum packing {
	PACKING_NONE,
	PACKING_GZIP,
	PACKING_XZ,
	PACKING_ZSTD,
};

/* By its first bytes. */
enum packing packing_of(const void *data, size_t n);
enum packing packing_of_file(int fd);

/* "xz"; "" of PACKING_NONE. */
const char *packing_name(enum packing packing);

/*
 * Appends what is packed. 0; -EBADMSG: it is damaged or cut off; -EFBIG: more than UNPACKED_MAX,
 * or more memory is wanted than any packer asks for; -ENOEXEC of PACKING_NONE. Logs nothing.
 */
int unpack(enum packing packing, const void *data, size_t n, struct strbuf *out);

/* Appends the file from its beginning, unpacked where it is packed. As unpack(), or another -errno.
 */
int unpack_file(int fd, struct strbuf *out);
int unpack_read(const char *path, struct strbuf *out);

#endif
