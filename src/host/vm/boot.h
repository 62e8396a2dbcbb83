/* SPDX-License-Identifier: GPL-2.0-only */
/* The second half of vm_up(): starts QEMU, and boots the vm or restores a saved state. */
#ifndef OUTPOST_VM_BOOT_H
#define OUTPOST_VM_BOOT_H

#include "host/vm/instance.h"
#include "host/vm/qemu.h"

#include <stdbool.h>

/*
 * Starts vm->kernel on the machine `config`, whose folder has its disk, device tree and keys,
 * and returns when the ssh server listens. *restored: the vm continued from a saved state. 0
 * or -errno, logged; after an error, QEMU may still run.
 */
int boot_vm(struct instance *vm, struct qemu_config *config, const struct vm_options *o,
	    bool *restored);

#endif
