/* SPDX-License-Identifier: GPL-2.0-only */
/* Which keys a kernel trusts to sign modules, and whether one of them signed this. */
#ifndef OUTPOST_CHECK_KEYS_H
#define OUTPOST_CHECK_KEYS_H

#include "common/cleanup.h"
#include "common/strbuf.h"
#include "common/text.h"
#include "host/check/check.h"

struct check_keys;

enum check_signed {
	SIGNED_BROKEN,      /* no PKCS#7 message: refused */
	SIGNED_CHANGED,     /* by a key of the kernel's, but the content is another: refused */
	SIGNED_BY_NONE,     /* the kernel does not have the key */
	SIGNED_BY_SOMEBODY, /* nobody here knows which keys the kernel has */
	SIGNED_WELL,
};

/*
 * The certificates built into a kernel: in certs/ of a tree that somebody
 * built, and in the image of the kernel, where there is one (in the tree, of a
 * virtual Pi, in /boot, on the board that is asked). They are looked for when they are first asked
 * for.
 */
struct check_keys *check_keys_new(const char *build, const char *release)
	__attribute__((returns_nonnull));
void check_keys_free(struct check_keys *keys);
DEFINE_CLEANUP(struct check_keys *, check_keys_free);

void check_keys_add_asker(struct check_keys *keys, struct check_asker asker);

/* Adds all certificates in `data`, which may be anything; the number of them. */
size_t check_keys_add(struct check_keys *keys, struct text data);

/* The certificates in the file at `path`, packed or not, one after another as DER. 0 or -errno. */
int check_keys_extract(const char *path, struct strbuf *out);

/* Who signed `content`? `keys` may be NULL. */
enum check_signed check_keys_ask(struct check_keys *keys, struct text message, struct text content);

#endif
