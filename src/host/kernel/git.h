/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Trees from a source repository. The release, the configuration and the CRCs
 * are the board's own; the repository has only to give the very sources.
 */
#ifndef OUTPOST_KERNEL_GIT_H
#define OUTPOST_KERNEL_GIT_H

/* Anything that is not said is NULL. */
struct kernel_git {
	char *url;       /* what git fetch takes, or a local path */
	char *commit;    /* or a tag, or a branch */
	char *defconfig; /* where the board tells no configuration */
};

/* Fetches that one commit into the new folder `source`. 0 or -errno, said. */
int kernel_git_fetch(const struct kernel_git *git, const char *source);

/*
 * Configures and prepares `source` as the kernel `release`. `config`: the text of a .config, or NULL for the defconfig;
 * `compiler`: what the kernel was built with, as CONFIG_CC_VERSION_TEXT has it, or
 * NULL for the usual one. 0 or -errno, said.
 */
int kernel_git_prepare(const char *source, const char *release, const char *config,
		       const char *defconfig, const char *compiler);

/* Removes what no build of a module needs. 0 or -errno, said. */
int kernel_git_prune(const char *source);

/* "gcc-12 (Debian 12.2.0-14) 12.2.0" of /proc/version; NULL: it is not said so. The caller frees
 * it. */
char *kernel_git_compiler_of(const char *version);

#endif
