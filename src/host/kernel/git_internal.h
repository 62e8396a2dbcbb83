/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the files git*.c. */
#ifndef OUTPOST_KERNEL_GIT_INTERNAL_H
#define OUTPOST_KERNEL_GIT_INTERNAL_H

#include "host/kernel/git.h"

#include <stdbool.h>
#include <stddef.h>

struct strbuf;

#define KERNEL_CONFIG_MAX (16 << 20) /* maximum size of a .config, in bytes */

/* 0, or -errno after logging that `doing` failed and why. */
int kernel_git_run(char *const *argv, const char *doing);

/* 0, or -ENOPKG after logging which program is missing. Called before hundreds of MB are fetched. */
int kernel_git_check_programs(void);

/* Is it a revision for git, and not an option? */
bool kernel_git_is_revision(const char *commit);

/* May this be a value of a .config? Only characters that neither make nor a shell treats specially. */
bool kernel_git_value_is_plain(const char *value, size_t n);

/*
 * Appends the settings of a .config that a board sent to `out`. 0, or -EBADMSG (not logged) if
 * line *line is neither a setting of the known form nor a comment.
 */
int kernel_git_take_config(const char *text, struct strbuf *out, size_t *line);

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
