/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel trees: what is needed to build modules for one exact kernel. A tree is a folder
 * $XDG_CACHE_HOME/outpost/trees/<name>, moved into place by rename when it is complete and
 * verified, and never changed afterwards. Its name is the release; if anything in it came from a
 * board, <release>@<board>: it is for that board alone, because a board may send anything.
 */
#ifndef OUTPOST_KERNEL_H
#define OUTPOST_KERNEL_H

#include "common/cleanup.h"
#include "common/options.h"

#include <stdbool.h>
#include <stddef.h>

struct board;
struct buildenv;
struct config;
struct kernel_git;
struct kernel_source;
struct session;
struct strbuf;

/* What is configured, of repositories and of trees that are not used. */
extern const struct option_row kernel_git_rows[], kernel_expire_rows[];

struct kernel_tree {
	char *name;    /* "6.1.0-50-arm64", or "6.1.0-50-arm64@pi" */
	char *release; /* `uname -r`, e.g. "6.1.0-50-arm64" */
	char *board;   /* the only board that it is for; NULL: for all */
	char *build;   /* the folder for make -C */
	char *root;    /* the whole tree */
	char *source;  /* its source: "board", "debian", "git", "path" */
	bool sent; /* by `board`, with makefiles and programs: if there is a container, only used there */
	char *compiler;     /* the cross (or native) gcc to use, e.g. "aarch64-linux-gnu-gcc-12" */
	char *cross_prefix; /* "aarch64-linux-gnu-", or "" on an arm64 host */
	bool in_container;  /* the compiler is in the build container, so build there */
	struct buildenv *env; /* which that is: see buildenv.h */
};

void kernel_tree_free(struct kernel_tree *tree);
DEFINE_CLEANUP(struct kernel_tree *, kernel_tree_free);

/*
 * What is known about the kernel that a tree is needed for. The release is always known, the
 * rest only if there is a board that runs it.
 */
struct kernel_wanted {
	const char *release;
	struct buildenv *env;
	const struct board *board;
	struct session *session;          /* to it, greeted */
	const char *version;              /* its /proc/version */
	unsigned int page_size;           /* bytes; 0: not known */
	const struct kernel_source *only; /* only this source is tried; NULL: all */
	const struct kernel_git *git;     /* see git.h; NULL: as configured */
	bool keeps_yes;     /* --yes is remembered as an answer: the user asked for this alone */
	bool needs_consent; /* set if it lacks the user's consent to what a board sends */
	char *package; /* the package that owns the kernel there, "NAME VERSION"; see kernel_wanted_ask() */
	char *config; /* the text of its .config; see kernel_wanted_ask() */
};

/*
 * Asks the board, once, for what takes a separate request: package and config, which stay NULL
 * if it has none. 0, or -errno if it cannot be asked, logged.
 */
int kernel_wanted_ask(struct kernel_wanted *wanted);
void kernel_wanted_release(struct kernel_wanted *wanted);

/* The outcome of a search for a tree. Failures are not outcomes, but -errno. */
enum kernel_outcome {
	KERNEL_FOUND,
	KERNEL_NONE, /* there is no such tree; not logged */
};

/*
 * A source of trees. `obtain` fills the empty folder `dir` with a tree for `wanted` and sets
 * *build to the folder below it for make -C (freed by the caller). An enum kernel_outcome, for
 * KERNEL_NONE with the reason in `why`: one clause without a full stop, "Debian has no
 * linux-headers-6.1.0-50-arm64"; or -errno (logged): the other sources are not tried.
 * Sources are tried in the order of kernel_sources[]: signed packages first. The result may
 * contain absolute links and programs for arm64; the caller fixes those and verifies the tree.
 */
struct kernel_source {
	const char *name;
	bool asks_board; /* the tree is for that board alone */
	int (*obtain)(struct kernel_wanted *wanted, const char *dir, char **build,
		      struct strbuf *why);
};
extern const struct kernel_source *const kernel_sources[];

/*
 * The tree of this release, from the cache: the one for all boards, else the one of `board`
 * (NULL: none). An enum kernel_outcome, or -errno (logged): -EUCLEAN if it is damaged, -ENOPKG
 * if its compiler is neither installed here nor in the container of `env`, which must outlive
 * the tree; -EPERM if a board sent it and the user, who is asked on the terminal, does not allow it
 * to run.
 */
int kernel_find(struct buildenv *env, const struct board *board, const char *release,
		struct kernel_tree **tree);

/*
 * kernel_find() without a look at the compiler: `compiler` may name one that is not installed,
 * and is "" if it is not a gcc.
 */
int kernel_look(struct buildenv *env, const struct board *board, const char *release,
		struct kernel_tree **tree);

/* As kernel_look(), the tree of this name. */
int kernel_read(struct buildenv *env, const char *name, struct kernel_tree **tree);

/*
 * kernel_find(); if there is none, the first source that has it. kernel_obtain() connects to no
 * board. 0 or -errno, logged.
 */
int kernel_obtain(struct buildenv *env, const struct board *board, const char *release,
		  struct kernel_tree **tree);
int kernel_obtain_wanted(struct kernel_wanted *wanted, struct kernel_tree **tree);

/*
 * The tree of the kernel that the board runs now. Logs and remembers a change of that kernel.
 * 0 or -errno, logged.
 */
int kernel_sync(struct buildenv *env, const struct board *board, struct session *session,
		struct kernel_tree **tree);

/* The same for `wanted`, of which only env, board and session, and how to get it, are set. */
int kernel_sync_wanted(struct kernel_wanted *wanted, struct kernel_tree **tree);

/* The same from that repository alone; an existing tree must be removed first. */
int kernel_sync_git(struct buildenv *env, const struct board *board, struct session *session,
		    const struct kernel_git *git, struct kernel_tree **tree);

/*
 * Adds a reference to a configured and built tree of the user's; it is not copied. 0 or
 * -errno, logged.
 */
int kernel_add_path(struct buildenv *env, const char *path, struct kernel_tree **tree);

/* The names of all trees, ends with NULL (strv_free()). 0 or -errno, logged. */
int kernel_list(char ***names);

/*
 * Removes a tree; a user's own tree stays where it is. An enum kernel_outcome, or -errno,
 * logged.
 */
int kernel_remove(const char *name);

/* The release of Debian's newest arm64 kernel in the configured suite; the caller frees it. */
int kernel_debian_default(char **release);

/*
 * Can this release name a folder and a package? At most 64 letters, digits and "._+~-", and
 * the first is a letter or digit.
 */
bool kernel_release_is_valid(const char *release);

/* 0, or -EINVAL, logged, if it is not valid. */
int kernel_check_release(const char *release);

#endif
