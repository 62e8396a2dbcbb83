/* SPDX-License-Identifier: GPL-2.0-only */
/* The keys that a kernel trusts to sign modules, and whether one of them signed a module. */
#ifndef OUTPOST_CHECK_KEYS_H
#define OUTPOST_CHECK_KEYS_H

#include "common/cleanup.h"
#include "common/strbuf.h"
#include "common/text.h"
#include "host/check/check.h"

struct check_keys;

enum check_signed {
	SIGNED_BROKEN,      /* not a PKCS#7 message: rejected */
	SIGNED_CHANGED,     /* by a key of the kernel, but the content has changed: rejected */
	SIGNED_BY_NONE,     /* by a key that the kernel does not have */
	SIGNED_BY_SOMEBODY, /* the keys of the kernel are not known */
	SIGNED_WELL,
};

/*
 * The certificates built into a kernel: in certs/ of a tree that was built, or in an image of
 * the kernel (in the tree, of a virtual Pi, in /boot, or on the board). They are looked up on
 * first use.
 */
struct check_keys *check_keys_new(const char *build, const char *release)
	__attribute__((returns_nonnull));
void check_keys_free(struct check_keys *keys);
DEFINE_CLEANUP(struct check_keys *, check_keys_free);

void check_keys_add_asker(struct check_keys *keys, struct check_asker asker);

/* Adds all certificates in `data`, which may be anything. Returns their number. */
size_t check_keys_add(struct check_keys *keys, struct text data);

/*
 * Appends the certificates in the file at `path`, compressed or not, as concatenated DER. 0 or
 * -errno.
 */
int check_keys_extract(const char *path, struct strbuf *out);

/* Who signed `content`? `keys` may be NULL. */
enum check_signed check_keys_ask(struct check_keys *keys, struct text message, struct text content);

#endif
