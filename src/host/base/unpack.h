/* SPDX-License-Identifier: GPL-2.0-only */
/* Unpacks files that are compressed with gzip, xz or zstd, as kernel modules are. */
#ifndef OUTPOST_UNPACK_H
#define OUTPOST_UNPACK_H

#include "common/strbuf.h"

#include <stdbool.h>

/* No file that we read is larger, packed or not: amdgpu.ko with debug info has 400 MiB. */
#define UNPACKED_MAX (512UL * 1024 * 1024)

enum packing {
	PACKING_NONE,
	PACKING_GZIP,
	PACKING_XZ,
	PACKING_ZSTD,
};

/* Detects the format by the first bytes. */
enum packing packing_of(const void *data, size_t n);
enum packing packing_of_file(int fd);

/*
 * Unpacks `data` and appends it to `out`. 0; -EBADMSG: damaged or truncated; -EFBIG: larger
 * than UNPACKED_MAX, or needs more memory than any packer uses; -ENOEXEC for PACKING_NONE.
 * Logs nothing.
 */
int unpack(enum packing packing, const void *data, size_t n, struct strbuf *out);

/* Appends the whole file, unpacked if it is compressed. As unpack(), or another -errno. */
int unpack_file(int fd, struct strbuf *out);
int unpack_read(const char *path, struct strbuf *out);

#endif
