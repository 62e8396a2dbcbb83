/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A full virtual Pi: a whole Debian with systemd, sudo and sshd on a disk of
 * its own, which packages can be installed in. Its first content is made once
 * per suite, from the suite that this machine's apt names, in
 * path_cache("vm", "full-<suite>") and put in place by rename:
 *
 *	root.qcow2	ext4, without partitions
 *	manifest	as of images, see image.h
 *
 * Debian's packages are unpacked here, which needs no right that a person has
 * not; a QEMU then runs their scripts. A vm's disk is a layer over it: what
 * it was made from is linked into the vm's folder, so that it outlives
 * `outpost clean --all` and the making of another one.
 */
#ifndef OUTPOST_VM_FULL_H
#define OUTPOST_VM_FULL_H

#include "host/vm/image.h"
#include "host/vm/qemu.h"

#define FULL_DISK "disk.qcow2" /* in a vm's folder */
#define FULL_USER "pi"         /* who logs in, and may sudo */

/*
 * Makes FULL_DISK in machine->dir where there is none. The content is made by
 * a machine as this one, with board.dtb in its folder. 0 or -errno, logged.
 */
int full_make_disk(const struct qemu_config *machine, const struct image *image);

#endif
