/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What makes a booted image this vm: /init and /etc as a small archive behind
 * the image's own; and who it is (name, keys, address of its network card) as
 * another one, on a disk that the small vm reads when the first is at work.
 */
#ifndef OUTPOST_VM_GUEST_H
#define OUTPOST_VM_GUEST_H

#include "common/strbuf.h"

/* What board/vm-init prints when the ssh server listens and all else is done. */
#define GUEST_READY "outpost: ready"

/* Or this, and why, when it cannot become so. */
#define GUEST_FAILED "outpost: failed: "

/* And this when the disk that says who it is is empty: it looks at it again and again. */
#define GUEST_WAITS "outpost: waits to be told who it is"

#define GUEST_IDENTITY "identity.img" /* that disk */

enum guest_kind {
	GUEST_SMALL, /* all of it is its initramfs */
	GUEST_FULL,  /* a Debian on a disk, see full.h */
	GUEST_MAKER, /* makes that disk, and has no keys */
};

/* Writes `dir`/initrd: the archive `initramfs`, then the vm's own. 0 or -errno, logged. */
int guest_write_initrd(enum guest_kind kind, const char *name, const char *dir,
		       const char *initramfs);

/* Appends what guest_write_initrd() puts behind a small vm's image. It is the same for all of them. */
void guest_add_common(struct strbuf *archive);

/* Makes `dir`/GUEST_IDENTITY, empty. 0 or -errno, logged. */
int guest_make_identity(const char *dir);

/*
 * Writes into it who the vm is: its name and keys (as keys_make() left them in `dir`), the time,
 * and 64 random bytes. QEMU may have it open. 0 or -errno, logged.
 */
int guest_write_identity(const char *name, const char *dir);

#endif
