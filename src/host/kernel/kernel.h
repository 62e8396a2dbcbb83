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

struct board;
struct kernel_git;
struct kernel_source;
struct session;
struct strbuf;

struct kernel_tree {
	char *release;      /* `uname -r`, e.g. "6.1.0-50-arm64" */
	char *build;        /* the folder to give to make -C */
	char *root;         /* the whole tree */
	char *source;       /* "board", "debian", "path": which source it came from */
	char *compiler;     /* the cross (or native) gcc to use, e.g. "aarch64-linux-gnu-gcc-12" */
	char *cross_prefix; /* "aarch64-linux-gnu-", or "" on an arm64 host */
	bool in_container;  /* where that compiler is, and so where to build: see buildenv.h */
};

void kernel_tree_free(struct kernel_tree *tree);
DEFINE_CLEANUP(struct kernel_tree *, kernel_tree_free);

/*
 * What is known of the kernel that a tree is wanted for. Only the release is
 * always known; the rest where there is a board that runs it.
 */
struct kernel_wanted {
	const char *release;
	const struct board *board;
	struct session *session;          /* to it, greeted */
	const char *version;              /* its /proc/version */
	unsigned int page_size;           /* bytes; 0: not known */
	const struct kernel_source *only; /* no other source is tried; NULL: all of them */
	const struct kernel_git *git;     /* kernel_git.h; NULL: what is configured */
	char *package; /* that owns the kernel there, "NAME VERSION"; kernel_wanted_ask() */
	char *config;  /* the text of its .config; kernel_wanted_ask() */
};

/*
 * Asks the board, once, for what takes a request of its own: package and
 * config, which stay NULL where it has none. 0, or -errno when it cannot be
 * asked, said.
 */
int kernel_wanted_ask(struct kernel_wanted *wanted);
void kernel_wanted_release(struct kernel_wanted *wanted);

/*
 * A source of trees. `obtain` fills the empty folder `dir` with a tree for
 * `wanted` and says where below it the folder for make -C is (*build, freed by
 * the caller). 0; -ENOENT when it has none, with the reason in `why`: one clause
 * without a period, "Debian has no linux-headers-6.1.0-50-arm64"; or another
 * -errno (said) when to go on would only hide what is wrong. Sources are tried
 * in the order of kernel_sources[]. Absolute links and programs for arm64 may
 * be left in what they give: the caller mends them, and verifies it.
 */
struct kernel_source {
	const char *name;
	int (*obtain)(struct kernel_wanted *wanted, const char *dir, char **build,
		      struct strbuf *why);
};
extern const struct kernel_source *const kernel_sources[];

/*
 * The tree of this release, from the cache. 0, -ENOENT (not said), or -errno
 * (said): -EUCLEAN when it is damaged, -ENOPKG when its compiler is not
 * installed here.
 */
int kernel_find(const char *release, struct kernel_tree **tree);

/*
 * kernel_find(), and where it is not there, the first source that has it.
 * kernel_obtain() knows no board. 0 or -errno, said.
 */
int kernel_obtain(const char *release, struct kernel_tree **tree);
int kernel_obtain_wanted(struct kernel_wanted *wanted, struct kernel_tree **tree);

/*
 * The tree of what the board runs now. That it runs another kernel than last
 * time is said and remembered. 0 or -errno, said.
 */
int kernel_sync(const struct board *board, struct session *session, struct kernel_tree **tree);

/* Likewise, from that repository alone; where there is such a tree already it must be removed
 * before. */
int kernel_sync_git(const struct board *board, struct session *session,
		    const struct kernel_git *git, struct kernel_tree **tree);

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
