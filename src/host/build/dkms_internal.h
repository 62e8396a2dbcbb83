/* SPDX-License-Identifier: GPL-2.0-only */
/* Parts of dkms_read() and dkms_parse(). */
#ifndef OUTPOST_DKMS_INTERNAL_H
#define OUTPOST_DKMS_INTERNAL_H

#include "host/build/dkms.h"

/* Is it a readable text? 0 or -errno, logged. */
int dkms_check_file(const char *file);

/* The variables that limit a package to certain kernels. */
enum dkms_exclusive {
	DKMS_KERNEL,
	DKMS_ARCH,
	DKMS_KERNEL_MIN,
	DKMS_KERNEL_MAX,
	DKMS_CONFIG,
	DKMS_OBSOLETE_BY,
	DKMS_N_EXCLUSIVE,
};
extern const char *const dkms_exclusive_names[DKMS_N_EXCLUSIVE];

/*
 * Why the package is not for the tree's kernel, or NULL; the caller frees it. Values may be
 * NULL.
 */
char *dkms_excluded(const struct kernel_tree *tree, const char *const *values);

/* As bash's =~. An invalid expression matches nothing. */
bool dkms_matches(const char *text, const char *expression);

#endif
