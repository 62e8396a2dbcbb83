/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the files of this folder and their tests. */
#ifndef OUTPOST_KERNEL_INTERNAL_H
#define OUTPOST_KERNEL_INTERNAL_H

#include "common/strbuf.h"
#include "host/kernel/kernel.h"

#include <stdbool.h>

/* TREE/manifest.ini is written when a tree is complete; without it, a folder is not a tree. */
struct kernel_manifest {
	char *release;
	char *board; /* its name, if anything came from a board; NULL: for all boards */
	char *source;
	char *build;    /* relative to the tree; an absolute path for a user's own tree */
	char *compiler; /* CONFIG_CC_VERSION_TEXT */
	char *symvers; /* kernel_symvers_digest(); NULL for a user's own tree, which may be rebuilt */
	char *content; /* kernel_content_record(); NULL for a user's own tree and for older trees */
};

/* 0, -ENOENT, or -EBADMSG if it is not a manifest or lacks a key; not logged. */
int kernel_manifest_read(const char *root, struct kernel_manifest *manifest);
/* 0 or -errno, logged. */
int kernel_manifest_write(const char *root, const struct kernel_manifest *manifest);
void kernel_manifest_release(struct kernel_manifest *manifest);

/* "<size> <BLAKE2b-256>" of build/Module.symvers, freed by the caller. 0 or -errno, not logged. */
int kernel_symvers_digest(const char *build, char **digest);

/*
 * Records all files of the tree with their hashes, and returns "<number of files>
 * <BLAKE2b-256>" of that list, freed by the caller. 0 or -errno, logged.
 */
int kernel_content_record(const char *root, char **digest);

/* Reads all files again. 0, or -EUCLEAN with the first difference in `why`; not logged. */
int kernel_content_check(const char *root, const char *digest, struct strbuf *why);

/* Marks the tree as used now. */
void kernel_mark_used(const char *root);

/*
 * Removes trees that were not used for kernel.keep days, with a message. The lock must not be
 * held.
 */
void kernel_expire(const struct config *config);

/* trees/<name>, freed by the caller. */
char *kernel_root(const char *name);

/* The name of a tree, freed by the caller; board NULL: for all boards. */
char *kernel_name(const struct board *board, const char *release);

/* A release, or one with "@" and a board. */
bool kernel_name_is_valid(const char *name);

/*
 * The release that modules built with this tree have in their vermagic
 * (include/generated/utsrelease.h; Debian's include/config/kernel.release is shorter). 0, or
 * -errno, not logged.
 */
int kernel_release_of(const char *build, char **release);

/*
 * A value of build/.config, without quotes, freed by the caller. 0, -ENOENT, or -errno; not
 * logged.
 */
int kernel_config_value(const char *build, const char *key, char **value);

/*
 * Where the makefiles and programs of a tree run: in the build container or on this machine.
 * `sent` by a board, they run only in the container, if there is one.
 */
struct kernel_place {
	struct buildenv *env;
	bool sent;
};

/*
 * Checks that release, config and Module.symvers belong together and that kbuild's host
 * programs run in that place. 0 or -errno, logged.
 */
int kernel_verify(const struct kernel_place *place, const char *build, const char *release);

/* 12 of "gcc-12 (Debian 12.2.0-14+deb12u1) 12.2.0"; -EINVAL if it is not a gcc. */
int kernel_compiler_major(const char *version_text);

/*
 * The gcc to use for a kernel that was built with this one, and whether it is
 * that of the build container: the versioned name if it is in the container or
 * installed here (buildenv.h says which is asked), else the plain one of the same
 * major version, else (-ENOPKG, not logged) the versioned name all the same. The
 * caller frees *compiler. -EINVAL: not gcc.
 */
int kernel_compiler_choose(const struct kernel_place *place, const char *version_text,
			   char **compiler, bool *in_container);

/*
 * Only one process at a time creates or removes trees. The file descriptor to close, or
 * -errno, logged.
 */
int kernel_lock(void);

/*
 * Turns what a source provided into a tree: `below` its top `dir` is the folder for make -C.
 * Adjusts links and makefiles, and replaces programs for another machine. 0 or -errno, logged.
 */
int kernel_mend(const struct kernel_place *place, const char *dir, const char *below);

/*
 * A headers package's Makefile includes that of the -common package by its absolute path; a
 * relative path works wherever the tree is. And if pahole or the kernel's BTF is missing,
 * modules are built without BTF instead of not at all.
 */
void kernel_mend_makefile(const char *text, const char *below, struct strbuf *out);

/*
 * The target of a link that is absolute within `root`, relative to the link's folder (below
 * `root`, "usr/src").
 */
char *kernel_mend_relative_link(const char *folder, const char *target);

/*
 * kbuild's host programs (fixdep, modpost, genksyms): those that a board sent are replaced by
 * those in Debian's linux-kbuild of the same series, if there is one. Those for another machine
 * are built from the tree's sources, otherwise taken from linux-kbuild, otherwise run through
 * qemu-user. 0 or -errno, logged.
 */
int kernel_tools_replace(const struct kernel_place *place, const char *dir, const char *below);

/* kernel_find() for `wanted`. */
int kernel_find_wanted(struct kernel_wanted *wanted, struct kernel_tree **tree);

/*
 * May what wanted->board sent run, in the container if there is one, else on this machine? Asks
 * once for each board. KERNEL_FOUND: yes; KERNEL_NONE with the reason in `why`, as a source gives
 * it; or -errno, logged.
 */
int kernel_sent_allowed(struct kernel_wanted *wanted, struct strbuf *why);

/* After wanted->needs_consent was set: how to give it. */
void kernel_sent_hint(const struct kernel_wanted *wanted);

/* Is it the name of a source whose trees are for one board alone? */
bool kernel_source_asks_board(const char *source);

extern const struct kernel_source kernel_source_board;
extern const struct kernel_source kernel_source_debian;
extern const struct kernel_source kernel_source_git;

#endif
