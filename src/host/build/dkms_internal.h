/* SPDX-License-Identifier: GPL-2.0-only */
/* What the two halves of dkms_parse() share. */
#ifndef OUTPOST_DKMS_INTERNAL_H
#define OUTPOST_DKMS_INTERNAL_H

#include "host/build/dkms.h"

/* The variables that say which kernels a package is for. */
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

/* Why the tree's kernel is none of those, or NULL; the caller frees it. A value may be NULL. */
char *dkms_excluded(const struct kernel_tree *tree, const char *const *values);

/* As bash's =~ does it. An expression that is none matches nothing. */
bool dkms_matches(const char *text, const char *expression);

#endif
