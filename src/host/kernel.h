/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel trees: what is needed to build modules for one exact kernel. A tree
 * is a folder $XDG_CACHE_HOME/outpost/trees/<release>, put in place by rename
 * once it is whole and checked, never changed after.
 */
#ifndef OUTPOST_KERNEL_H
#define OUTPOST_KERNEL_H

#include "common/cleanup.h"

#include <stdbool.h>
#include <stddef.h>

struct kernel_tree {
	char *release;      /* `uname -r`, e.g. "6.1.0-50-arm64" */
	char *build;        /* the folder to give to make -C */
	char *root;         /* the whole tree */
	char *source;       /* "debian", "path": which source it came from */
	char *compiler;     /* the cross (or native) gcc to use, e.g. "aarch64-linux-gnu-gcc-12" */
	char *cross_prefix; /* "aarch64-linux-gnu-", or "" on an arm64 host */
};

void kernel_tree_free(struct kernel_tree *tree);
DEFINE_CLEANUP(struct kernel_tree *, kernel_tree_free);

/*
 * A source of trees. `obtain` fills the empty folder `dir` with a tree for
 * `release` and says where below it the folder for make -C is (*build, freed by
 * the caller); 0, -ENOENT when this source has none for it (not said), or
 * another -errno (said). Sources are tried in the order of kernel_sources[].
 * What they give is verified by the caller.
 */
struct kernel_source {
	const char *name;
	int (*obtain)(const char *release, const char *dir, char **build);
};
extern const struct kernel_source *const kernel_sources[];

/*
 * The tree of this release, from the cache. 0, -ENOENT (not said), or -errno
 * (said): -EUCLEAN when it is damaged, -ENOPKG when its compiler is not
 * installed here.
 */
int kernel_find(const char *release, struct kernel_tree **tree);

/* kernel_find(), and where it is not there, the first source that has it. 0 or -errno, said. */
int kernel_obtain(const char *release, struct kernel_tree **tree);

/* A configured and built tree that the user has: referred to, not copied. 0 or -errno, said. */
int kernel_add_path(const char *path, struct kernel_tree **tree);

/* All releases in the cache, an array ended by NULL (strv_free()). 0 or -errno, said. */
int kernel_list(char ***releases);

/* Forgets a tree; a user's own is left as it is. 0, -ENOENT (not said), or -errno, said. */
int kernel_remove(const char *release);

/* The release that Debian's newest arm64 kernel of the configured suite has; the caller frees it.
 */
int kernel_debian_default(char **release);

/* A release that can name a folder and a package: at most 64 letters, digits and "._+~-", not first
 * one of those. */
bool kernel_release_is_valid(const char *release);

#endif
