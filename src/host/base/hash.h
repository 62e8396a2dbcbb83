/* SPDX-License-Identifier: GPL-2.0-only */
/* Hashes of contents: BLAKE2 (RFC 7693), in hexadecimal. */
#ifndef OUTPOST_HASH_H
#define OUTPOST_HASH_H

#include "common/hex.h"
#include "common/strbuf.h"

/* A short file name for any string, from 64 bits of its hash. */
#define HASH_NAME_SIZE HEX_SIZE(8)
void hash_name(char name[HASH_NAME_SIZE], const char *text);

/* Appends the hash of `content`, 256 bits. */
void hash_add(struct strbuf *out, const struct strbuf *content);

/*
 * Hashes the rest of the file `fd` to `size` bytes, and writes HEX_SIZE(size) of text. 0 or
 * -errno.
 */
int hash_file(char *text, size_t size, int fd);

#endif
