/* SPDX-License-Identifier: GPL-2.0-only */
/* What both ways of running make share. */
#ifndef OUTPOST_KBUILD_INTERNAL_H
#define OUTPOST_KBUILD_INTERNAL_H

#include "host/kbuild.h"

void kbuild_word(char ***words, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Ours, without what would make our make a part of another, or point kbuild elsewhere. */
char **kbuild_environment(void);

/* Variables that say what to build for; they win over what makefiles set. */
char **kbuild_target(const struct unit *unit);
void kbuild_add_symvers(const struct unit *unit, char ***argv);

/*
 * KCPPFLAGS, for C and assembler: names of folders that are the same on every
 * host, and debug info where the kernel has none.
 */
char *kbuild_flags(const struct unit *unit) __attribute__((returns_nonnull));

/* Runs it in the copy. The exit status, or -errno. */
int kbuild_run(const struct unit *unit, char *const *argv, char *const *env, struct strbuf *output);

#endif
