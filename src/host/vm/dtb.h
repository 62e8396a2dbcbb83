/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The device tree that QEMU's machine `virt` describes itself with, made fit
 * for us: the topmost MiB of memory is ramoops' (the kernel's
 * Documentation/devicetree/bindings/reserved-memory/ramoops.yaml), which
 * survives a reset; and the virtio-mmio slots are gone, as all devices are on
 * PCI and 32 of them take 70 ms to probe under TCG.
 */
#ifndef OUTPOST_VM_DTB_H
#define OUTPOST_VM_DTB_H

#include "common/strbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DTB_RAMOOPS_SIZE        0x100000U /* of memory's end */
#define DTB_RAMOOPS_RECORD_SIZE 0x20000U  /* one dump: eight of them are kept */

/*
 * Appends the edited tree to `out`, with a note in it of what it was made for.
 * 0; -EINVAL, not logged, if this is not such a tree.
 */
int dtb_edit(const void *dtb, size_t n, const char *made_for, struct strbuf *out);

/* Is this a tree that dtb_edit() made, and for that? */
bool dtb_is_made_for(const void *dtb, size_t n, const char *made_for);

/* Sets the seed of the kernel's KASLR in such a tree. 0; -EINVAL, not logged, when it has none. */
int dtb_set_seed(void *dtb, uint64_t seed);

#endif
