/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A full virtual Pi: a complete Debian with systemd, sudo and sshd, with its own disk, on which
 * packages can be installed. The initial content is made once per suite, that of this host's apt
 * configuration, and put in place by rename, in path_cache("vm", "full-<suite>"):
 *
 *	root.qcow2	ext4, without partitions
 *	manifest	as for images, see image.h
 *
 * Debian's packages are unpacked on the host, without root; a QEMU machine then runs their scripts.
 * A vm's disk is an overlay over root.qcow2, which is linked into the vm's folder, so that it
 * outlives `outpost clean --all` and a new root.qcow2.
 */
#ifndef OUTPOST_VM_FULL_H
#define OUTPOST_VM_FULL_H

#include "host/vm/image.h"
#include "host/vm/qemu.h"

#define FULL_DISK "disk.qcow2" /* in the vm's folder */
#define FULL_USER "pi"         /* the login, which may use sudo */

/*
 * Creates FULL_DISK in machine->dir unless it exists. A machine like `machine`, with board.dtb
 * in its folder, installs the system. 0 or -errno, logged.
 */
int full_make_disk(const struct qemu_config *machine, const struct image *image);

#endif
