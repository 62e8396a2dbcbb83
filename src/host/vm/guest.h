/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What turns an image into a vm. /init and /etc are in a small archive after the image's own.
 * The identity (name, keys, MAC address) is in another one, on a disk that the small vm reads
 * once its init runs.
 */
#ifndef OUTPOST_VM_GUEST_H
#define OUTPOST_VM_GUEST_H

#include "common/strbuf.h"

/* board/vm-init prints this at its end, when the ssh server listens, */
#define GUEST_READY "outpost: ready"

/* or this and the reason if it fails, */
#define GUEST_FAILED "outpost: failed: "

/* and this while the disk with its identity is empty; it keeps polling the disk. */
#define GUEST_WAITS "outpost: waiting for its identity"

#define GUEST_IDENTITY "identity.img" /* that disk */

enum guest_kind {
	GUEST_SMALL, /* everything is in the initramfs */
	GUEST_FULL,  /* Debian on a disk, see full.h */
	GUEST_MAKER, /* makes that disk; has no keys */
};

/* Writes `dir`/initrd: the archive `initramfs`, then the vm's own. 0 or -errno, logged. */
int guest_write_initrd(enum guest_kind kind, const char *name, const char *dir,
		       const char *initramfs);

/* Appends what guest_write_initrd() adds to a small vm's image; the same for all small vms. */
void guest_add_common(struct strbuf *archive);

/* Creates an empty `dir`/GUEST_IDENTITY. 0 or -errno, logged. */
int guest_make_identity(const char *dir);

/*
 * Writes the vm's identity to it: name and keys (from keys_make() in `dir`), MAC address,
 * time, and 64 random bytes. QEMU may have the file open. 0 or -errno, logged.
 */
int guest_write_identity(const char *name, const char *dir);

#endif
