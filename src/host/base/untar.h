/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Unpacks a tar archive in POSIX format ("ustar"), plain or compressed with gzip, from an
 * untrusted sender. libarchive reads it as it arrives. Accepts only files, folders and
 * symbolic links. Names must stay below the folder and must be unique. Links are made last and
 * must not lead out of the folder; an absolute target is taken as below it. Links that lead
 * nowhere are dropped.
 */
#ifndef OUTPOST_UNTAR_H
#define OUTPOST_UNTAR_H

#include "common/strbuf.h"

#include <sys/types.h>

#define UNTAR_MAX_BYTES (2LL << 30) /* size of the uncompressed archive */
#define UNTAR_MAX_NAMES 200000

/*
 * Gets the next piece of the archive. Returns its length, with *data valid until the next
 * call; 0 at the end; or -errno.
 */
typedef ssize_t untar_read(void *arg, const void **data);

/*
 * 0; what `read` returned; -EBADMSG if the archive is refused; -EFBIG if it exceeds the
 * limits; or -errno if it cannot be written. `why` gives the reason as a clause, except after
 * an error of `read`. Logs nothing.
 */
int untar(const char *dir, untar_read *read, void *arg, struct strbuf *why);

#endif
