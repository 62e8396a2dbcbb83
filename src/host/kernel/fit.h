/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Does a tree belong to the kernel that a board runs? The release alone does not
 * say so: kernels with pages of 4 and of 16 KiB have the same vermagic, and one
 * that was built anew keeps its release while the CRCs of its symbols change.
 */
#ifndef OUTPOST_KERNEL_FIT_H
#define OUTPOST_KERNEL_FIT_H

#include "host/kernel/kernel.h"

enum fit {
	FIT_YES,
	FIT_NO,
	FIT_UNKNOWN, /* there is nothing to compare with */
};

struct kernel_fit {
	const char *what; /* one word: "release", "symbols" */
	enum fit fit;
	char *text; /* what was found */
};

struct kernel_fits {
	struct kernel_fit *list;
	size_t n;
};

/* Takes `text` over. */
void kernel_fits_add(struct kernel_fits *fits, const char *what, enum fit fit, char *text);
void kernel_fits_release(struct kernel_fits *fits);

/*
 * All that can be compared. `wanted` NULL: no board, only the tree itself.
 * `every`: of the modules that are installed on the board each such one is
 * read for its CRCs; 0: all. 0, or -errno when the board could not be asked, said.
 */
int kernel_fit(const struct kernel_tree *tree, struct kernel_wanted *wanted, unsigned int every,
	       struct kernel_fits *fits);

/* The CRCs of the modules below `dir` against build/Module.symvers. */
void kernel_fit_symbols(const char *build, const char *dir, struct kernel_fits *fits);

/* "4 KiB" pages, by CONFIG_ARM64_*_PAGES; 0: not said. */
unsigned int kernel_page_size(const char *build);

/* Options that the two configurations set differently: how many; the first few are added to
 * `names`. */
size_t kernel_config_differences(const char *a, const char *b, struct strbuf *names);

#endif
