/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernels to build modules for. */
#ifndef OUTPOST_BUILD_KERNELS_H
#define OUTPOST_BUILD_KERNELS_H

#include "host/kernel/kernel.h"
#include "host/module/module.h"

#include <stddef.h>

/* In the order given, without duplicates, and with the modules built for each. */
struct build_kernels {
	struct kernel_tree **trees;
	struct module_list *lists; /* one per tree */
	size_t n;
};

/*
 * Finds the kernels of `boards`, else of `releases` (both lists separated by commas, or NULL),
 * else of `board`, or if that is NULL, the newest one available that is not for a board alone. A
 * board's kernel is the last one it ran if that is known, else the board is asked. 0, or -errno (logged) if a kernel
 * cannot be had; the others are added nevertheless.
 */
int build_kernels_find(struct buildenv *env, struct build_kernels *kernels, const char *board,
		       const char *boards, const char *releases);
void build_kernels_release(struct build_kernels *kernels);

#endif
