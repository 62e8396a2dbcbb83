/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernels to build modules for. */
#ifndef OUTPOST_BUILD_KERNELS_H
#define OUTPOST_BUILD_KERNELS_H

#include "host/kernel/kernel.h"
#include "host/module/module.h"

#include <stddef.h>

/* In the order in which they were named, none twice; and what was built for each. */
struct build_kernels {
	struct kernel_tree **trees;
	struct module_list *lists; /* one for each */
	size_t n;
};

/*
 * Those of `boards`, else those of `releases` (both words with commas between
 * them, or NULL), else that of `board`, or with NULL the newest one that there
 * is. A board's is what it ran last, as far as is known; else it is asked. 0, or
 * -errno, logged, where one of them cannot be had; the others are there then.
 */
int build_kernels_find(struct buildenv *env, struct build_kernels *kernels, const char *board,
		       const char *boards, const char *releases);
void build_kernels_release(struct build_kernels *kernels);

#endif
