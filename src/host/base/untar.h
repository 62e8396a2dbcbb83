/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Unpacks a tar archive of the POSIX kind ("ustar"), plain or compressed with
 * gzip, from somebody who may mean harm. libarchive reads it while it arrives.
 * Accepts files, folders and symbolic links only. Names must stay below the
 * folder, and none may come twice. Links are made last and must not lead out of
 * the folder; an absolute target is taken as below it. A link that leads
 * nowhere is left out.
 */
#ifndef OUTPOST_UNTAR_H
#define OUTPOST_UNTAR_H

#include "common/strbuf.h"

#include <sys/types.h>

#define UNTAR_MAX_BYTES (2LL << 30) /* of the archive, uncompressed */
#define UNTAR_MAX_NAMES 200000

/* The next piece of the archive: its length and *data, valid until the next call; 0 at the end;
 * or -errno. */
typedef ssize_t untar_read(void *arg, const void **data);

/*
 * 0; what `read` returned; -EBADMSG for an archive that is refused, -EFBIG for one beyond the
 * limits, or -errno of what could not be written. Then `why` says in a clause what is wrong,
 * except after an error of `read`. Logs nothing.
 */
int untar(const char *dir, untar_read *read, void *arg, struct strbuf *why);

#endif
