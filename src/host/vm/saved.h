/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Saved states: a small vm is booted once until its init waits to be told who
 * it is (board/vm-init), and its memory and devices are kept as QEMU's migration
 * stream, compressed, in
 *
 *	path_cache("vm", <release>, "saved-<hash>.zst")
 *
 * with a hash of all that went into it. Other vms start from there in half the
 * time of a boot. They differ in all that they learn after that point: name, keys,
 * network address, random numbers (the generator is reseeded), and so boot_id.
 * What the kernel drew while it booted (its seeds of hashes, say) they share.
 *
 * A vm resets, reboots and panics as one that was booted does.
 */
#ifndef OUTPOST_VM_SAVED_H
#define OUTPOST_VM_SAVED_H

#include "host/vm/image.h"
#include "host/vm/qemu.h"

#include <stdbool.h>

/* Can a vm on this machine go on from one? Not with KVM, which boots as fast, nor where each start
 * has other addresses. */
bool saved_is_possible(const struct qemu_config *machine);

/*
 * The one for this machine, whose folder has its device tree and its disk; where there is none it is
 * made, which may take timeout_ms. *path is freed by the caller. 0 or -errno, logged as a warning.
 */
int saved_obtain(const struct qemu_config *machine, const struct image *image, int timeout_ms,
		 char **path);

/* Has the QEMU in `dir`, which was started to wait for one, go on from it. 0 or -errno, not logged. */
int saved_restore(const char *path, const char *dir);

/* Removes all of them. 0 or -errno, logged. */
int saved_remove_all(void);

#endif
