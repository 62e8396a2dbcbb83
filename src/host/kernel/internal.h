/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of kernel.c share, and what its tests reach. */
#ifndef OUTPOST_KERNEL_INTERNAL_H
#define OUTPOST_KERNEL_INTERNAL_H

#include "common/strbuf.h"
#include "host/kernel/kernel.h"

#include <stdbool.h>

/* TREE/manifest.ini, written when a tree is whole: without one it is not a tree. */
struct kernel_manifest {
	char *release;
	char *source;
	char *build;    /* below the tree; an absolute path where a user's own tree is meant */
	char *compiler; /* CONFIG_CC_VERSION_TEXT */
	char *symvers;  /* kernel_symvers_digest(); NULL for a user's own tree, which may be built
			   anew */
	char *content;  /* kernel_content_record(); NULL for a user's own, and for older ones */
};

/* 0, -ENOENT, or -EBADMSG when it is not one or lacks something; not said. */
int kernel_manifest_read(const char *root, struct kernel_manifest *manifest);
/* 0 or -errno, said. */
int kernel_manifest_write(const char *root, const struct kernel_manifest *manifest);
void kernel_manifest_release(struct kernel_manifest *manifest);

/* "<size> <BLAKE2b-256>" of build/Module.symvers, freed by the caller. 0 or -errno, not said. */
int kernel_symvers_digest(const char *build, char **digest);

/*
 * Writes down what the tree consists of, all files with their hashes, and gives
 * "<number of files> <BLAKE2b-256>" of that, freed by the caller. 0 or -errno, said.
 */
int kernel_content_record(const char *root, char **digest);

/* Reads all of it again. 0, or -EUCLEAN with what is not as it was; not said. */
int kernel_content_check(const char *root, const char *digest, struct strbuf *why);

/* The tree is used now. */
void kernel_mark_used(const char *root);

/* Removes trees that were not used for kernel.keep days; says so. The lock is not held. */
void kernel_expire(void);

/* trees/<release>, freed by the caller. */
char *kernel_root(const char *release);

/*
 * The release that modules built with this tree will have in their vermagic
 * (include/generated/utsrelease.h; Debian's include/config/kernel.release has
 * less). 0, or -errno, not said.
 */
int kernel_release_of(const char *build, char **release);

/* A value of build/.config, without quotes, freed by the caller. 0, -ENOENT, or -errno; not said.
 */
int kernel_config_value(const char *build, const char *key, char **value);

/*
 * Do release, config and Module.symvers belong together, and do the tools of
 * kbuild run here? 0 or -errno, said.
 */
int kernel_verify(const char *build, const char *release);

/* 12 of "gcc-12 (Debian 12.2.0-14+deb12u1) 12.2.0"; -EINVAL when it is not a gcc's. */
int kernel_compiler_major(const char *version_text);

/*
 * The gcc to use for a kernel that was built with this one, and whether it is
 * that of the build container: the versioned name if it is in the container or
 * installed here (buildenv.h says which is asked), else the plain one of the same
 * major version, else (-ENOPKG, not said) the versioned name all the same. The
 * caller frees *compiler. -EINVAL: not gcc.
 */
int kernel_compiler_choose(const char *version_text, char **compiler, bool *in_container);

/*
 * kernel_find() without a look at the compiler: `compiler` may name one that
 * is not installed, and is "" where it is not a gcc.
 */
int kernel_read(const char *release, struct kernel_tree **tree);

/* One process at a time makes or removes trees. The file descriptor to close, or -errno, said. */
int kernel_lock(void);

/*
 * Makes a tree of what a source gave: `below` its top `dir` is the folder for
 * make -C. Links and makefiles lead to where things are now, and programs for
 * another machine are replaced. 0 or -errno, said.
 */
int kernel_mend(const char *dir, const char *below);

/*
 * A headers package's Makefile includes the one of the -common package by its
 * absolute path: as a path relative to itself it works wherever the tree is.
 * And where pahole or the kernel's own BTF is missing, modules are to be built
 * without BTF instead of not at all.
 */
void kernel_mend_makefile(const char *text, const char *below, struct strbuf *out);

/* The target of a link that is absolute within `root`, as seen from the link's folder (below
 * `root`, "usr/src"). */
char *kernel_mend_relative_link(const char *folder, const char *target);

/*
 * kbuild's own programs (fixdep, modpost, genksyms): where those of the tree
 * are for another machine, they are made from the tree's own sources, else
 * taken from Debian's linux-kbuild of that series for this one, else run
 * through qemu-user. 0 or -errno, said.
 */
int kernel_tools_replace(const char *dir, const char *below);

extern const struct kernel_source kernel_source_board;
extern const struct kernel_source kernel_source_debian;
extern const struct kernel_source kernel_source_git;

#endif
