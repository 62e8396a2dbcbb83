/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A tar archive (POSIX.1-1988, "ustar") from somebody who may mean harm,
 * unpacked below a folder while it arrives. Files, folders and symbolic links
 * only; names must stay below the folder, none may come twice; links are made
 * last, and must not lead out of it. An absolute target of a link is meant
 * below the folder. One that leads nowhere is left out.
 */
#ifndef OUTPOST_UNTAR_H
#define OUTPOST_UNTAR_H

#include "common/cleanup.h"

#include <stddef.h>

#define UNTAR_MAX_BYTES (2LL << 30)
#define UNTAR_MAX_NAMES 200000

struct untar;

/* 0 or -errno. Says nothing, as all of them. */
int untar_open(struct untar **untar, const char *dir);
void untar_close(struct untar *untar);
DEFINE_CLEANUP(struct untar *, untar_close);

/* -EBADMSG: not such an archive, untar_why() says what is wrong; -EFBIG: beyond the limits; or
 * -errno of what could not be written. */
int untar_feed(struct untar *untar, const void *data, size_t n);

/* After the last byte: makes the links. As untar_feed(). */
int untar_finish(struct untar *untar);

/* What the trouble is with, in words; valid until untar_close(). */
const char *untar_why(const struct untar *untar);

#endif
