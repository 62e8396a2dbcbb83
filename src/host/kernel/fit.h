/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Does a tree match the kernel that a board runs? The release alone does not tell: kernels
 * with pages of 4 and 16 KiB have the same vermagic, and a rebuilt kernel keeps its release
 * while the CRCs of its symbols change.
 */
#ifndef OUTPOST_KERNEL_FIT_H
#define OUTPOST_KERNEL_FIT_H

#include "host/kernel/kernel.h"

enum fit {
	FIT_YES,
	FIT_NO,
	FIT_UNKNOWN, /* nothing to compare with */
};

struct kernel_fit {
	const char *what; /* one word, such as "release" or "symbols" */
	enum fit fit;
	char *text; /* what was found */
};

struct kernel_fits {
	struct kernel_fit *list;
	size_t n;
};

/* Takes ownership of `text`. */
void kernel_fits_add(struct kernel_fits *fits, const char *what, enum fit fit, char *text);
void kernel_fits_release(struct kernel_fits *fits);

/*
 * Compares everything that can be compared. `wanted` NULL: no board, only the tree itself.
 * Every `every`th module installed on the board is read for its CRCs; 0: all. 0, or -errno if
 * the board could not be asked, logged.
 */
int kernel_fit(const struct kernel_tree *tree, struct kernel_wanted *wanted, unsigned int every,
	       struct kernel_fits *fits);

/* Compares the CRCs of the modules below `dir` with build/Module.symvers. */
void kernel_fit_symbols(const char *build, const char *dir, struct kernel_fits *fits);

/* Page size in bytes by CONFIG_ARM64_*_PAGES; 0: not known. */
unsigned int kernel_page_size(const char *build);

/*
 * The number of options that differ between two configurations; the first few are added to
 * `names`.
 */
size_t kernel_config_differences(const char *a, const char *b, struct strbuf *names);

#endif
