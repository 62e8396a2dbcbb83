/* SPDX-License-Identifier: GPL-2.0-only */
/* The second half of vm_up(): QEMU is started, and the vm boots or goes on from a saved state. */
#ifndef OUTPOST_VM_BOOT_H
#define OUTPOST_VM_BOOT_H

#include "host/vm/instance.h"
#include "host/vm/qemu.h"

#include <stdbool.h>

/*
 * Starts vm->kernel on the machine `config`, whose folder has its disk, device tree and keys, and
 * returns when its ssh server listens. *restored: it went on from a saved state. 0 or -errno, logged;
 * QEMU may run after an error.
 */
int boot_vm(struct instance *vm, struct qemu_config *config, const struct vm_options *o,
	    bool *restored);

#endif
