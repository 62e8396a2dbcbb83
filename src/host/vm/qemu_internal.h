/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by qemu.c (its arguments) and qemu_run.c (its process). */
#ifndef OUTPOST_VM_QEMU_INTERNAL_H
#define OUTPOST_VM_QEMU_INTERNAL_H

#include "host/vm/qemu.h"

#define QEMU "qemu-system-aarch64"

#endif
