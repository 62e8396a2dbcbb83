/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Trees from a source repository. Release, configuration and CRCs come from the board; the
 * repository provides the sources.
 */
#ifndef OUTPOST_KERNEL_GIT_H
#define OUTPOST_KERNEL_GIT_H

struct buildenv;

/* Members that are not given are NULL. */
struct kernel_git {
	char *url;       /* anything that git fetch accepts, or a local path */
	char *commit;    /* or a tag, or a branch */
	char *defconfig; /* used if the board provides no configuration */
};

/* Fetches that commit into the new folder `source`. 0 or -errno, logged. */
int kernel_git_fetch(const struct kernel_git *git, const char *source);

/*
 * Configures and prepares `source` for the kernel `release`. `config`: the text of a .config,
 * or NULL for the defconfig; `compiler`: what the kernel was built with, in the form of
 * CONFIG_CC_VERSION_TEXT, or NULL for the default. 0 or -errno, logged.
 */
int kernel_git_prepare(struct buildenv *env, const char *source, const char *release,
		       const char *config, const char *defconfig, const char *compiler);

/* Removes what module builds never need. 0 or -errno, logged. */
int kernel_git_prune(const char *source);

/* "gcc-12 (Debian 12.2.0-14) 12.2.0" from /proc/version, or NULL; the caller frees it. */
char *kernel_git_compiler_of(const char *version);

#endif
