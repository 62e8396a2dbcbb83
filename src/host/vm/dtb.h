/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Edits the device tree of QEMU's machine `virt`. Reserves the topmost MiB of memory for
 * ramoops (the kernel's Documentation/devicetree/bindings/reserved-memory/ramoops.yaml), which
 * survives a reset. Removes the virtio-mmio slots: all devices are on PCI, and the 32 slots
 * take 70 ms to probe under TCG.
 */
#ifndef OUTPOST_VM_DTB_H
#define OUTPOST_VM_DTB_H

#include "common/strbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DTB_RAMOOPS_SIZE        0x100000U /* at the end of memory */
#define DTB_RAMOOPS_RECORD_SIZE 0x20000U  /* one dump; eight are kept */

/*
 * Appends the edited tree to `out`; the tree records `made_for`. 0, or -EINVAL (not logged) if
 * this is not such a tree.
 */
int dtb_edit(const void *dtb, size_t n, const char *made_for, struct strbuf *out);

/* Did dtb_edit() make this tree, for the same `made_for`? */
bool dtb_is_made_for(const void *dtb, size_t n, const char *made_for);

/* Sets the KASLR seed in such a tree. 0, or -EINVAL (not logged) if the tree has no seed. */
int dtb_set_seed(void *dtb, uint64_t seed);

#endif
