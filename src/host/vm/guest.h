/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What makes a booted image this vm: /init, /etc, and the keys, as a small
 * archive behind the image's own.
 */
#ifndef OUTPOST_VM_GUEST_H
#define OUTPOST_VM_GUEST_H

/* What board/vm-init prints when the ssh server listens and all else is done. */
#define GUEST_READY "outpost: ready"

/* Or this, and why, when it cannot become so. */
#define GUEST_FAILED "outpost: failed: "

enum guest_kind {
	GUEST_SMALL, /* all of it is its initramfs */
	GUEST_FULL,  /* a Debian on a disk, see full.h */
	GUEST_MAKER, /* makes that disk, and has no keys */
};

/* Writes `dir`/initrd: the archive `initramfs`, then the vm's own. 0 or -errno, said. */
int guest_write_initrd(enum guest_kind kind, const char *name, const char *dir,
		       const char *initramfs);

#endif
