/* SPDX-License-Identifier: GPL-2.0-only */
/* Files packed with zstd, which libdw of Debian 12 does not unpack itself, as it does .gz and .xz.
 */
#ifndef OUTPOST_UNZSTD_H
#define OUTPOST_UNZSTD_H

#include "common/strbuf.h"

#include <stdbool.h>

/* By the first bytes of it. */
bool is_zstd(int fd);

/*
 * Appends what is packed in the file. 0; -EBADMSG: it is damaged or cut off; -EFBIG: more than
 * 512 MiB; -errno. Says nothing.
 */
int unpack_zstd(int fd, struct strbuf *out);

#endif
