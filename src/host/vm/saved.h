/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Saved states. A small vm is booted once until its init waits for its identity (board/vm-init).
 * Its memory and devices are saved, as QEMU's migration stream, compressed, in
 *
 *	path_cache("vm", <release>, "saved-<hash>.zst")
 *
 * where the hash covers everything that went into it. Other vms continue from there, in half the
 * time of a boot. Each gets its own name, keys, MAC address and random numbers (the generator is
 * reseeded), and so its own boot_id. They share the random numbers that the kernel used during the
 * boot, such as its hash seeds.
 *
 * A restored vm resets, reboots and panics like a booted one.
 */
#ifndef OUTPOST_VM_SAVED_H
#define OUTPOST_VM_SAVED_H

#include "host/vm/image.h"
#include "host/vm/qemu.h"

#include <stdbool.h>

/*
 * Can a vm on this machine use a saved state? Not with KVM, which boots as fast, and not with
 * KASLR, where the addresses differ after each start.
 */
bool saved_is_possible(const struct qemu_config *machine);

/*
 * The saved state for this machine, whose folder has its device tree and disk. Makes it
 * within timeout_ms if it is missing. The caller frees *path. 0 or -errno, logged as a
 * warning.
 */
int saved_obtain(const struct qemu_config *machine, const struct image *image, int timeout_ms,
		 char **path);

/*
 * Restores the state in the QEMU in `dir`, which was started with `waits`. 0 or -errno, not
 * logged.
 */
int saved_restore(const char *path, const char *dir);

/* Removes all saved states. 0 or -errno, logged. */
int saved_remove_all(void);

#endif
