/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of kernel_git_tree.c share. */
#ifndef OUTPOST_KERNEL_GIT_INTERNAL_H
#define OUTPOST_KERNEL_GIT_INTERNAL_H

#include "host/kernel/git.h"

#include <stdbool.h>

#define KERNEL_CONFIG_MAX (16 << 20) /* bytes of a .config */

/* 0, or -errno after saying what `doing` failed and why. */
int kernel_git_run(char *const *argv, const char *doing);

/* What git takes for a revision and not for an option. */
bool kernel_git_is_revision(const char *commit);

/* An option that the sources do not know, or that came out differently, is of another kernel: says
 * which. */
void kernel_git_compare(const char *source, const char *config);

/* The compiler has the name there that it had when the kernel was built: others compare it. 0 or
 * -errno, said. */
int kernel_git_restore_compiler(const char *source, const char *text);

#endif
