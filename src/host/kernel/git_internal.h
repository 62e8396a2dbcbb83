/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the files git*.c. */
#ifndef OUTPOST_KERNEL_GIT_INTERNAL_H
#define OUTPOST_KERNEL_GIT_INTERNAL_H

#include "host/kernel/git.h"

#include <stdbool.h>

#define KERNEL_CONFIG_MAX (16 << 20) /* maximum size of a .config, in bytes */

/* 0, or -errno after logging that `doing` failed and why. */
int kernel_git_run(char *const *argv, const char *doing);

/* Is it a revision for git, and not an option? */
bool kernel_git_is_revision(const char *commit);

/*
 * Reports options that the sources do not know or that came out differently: they belong to
 * another kernel.
 */
void kernel_git_compare(const char *source, const char *config);

/*
 * Gives the compiler the name that it had when the kernel was built, because other checks
 * compare it. 0 or -errno, logged.
 */
int kernel_git_restore_compiler(const char *source, const char *text);

#endif
