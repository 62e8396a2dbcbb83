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
 * Was this kernel built with debug info? Where not, a module has it all the same,
 * so that a crash can be named to the line. It is not sent: what goes to the
 * board is stripped.
 */
bool kbuild_has_debug_info(const struct kernel_tree *tree);

/* Runs it in the copy. The exit status, or -errno. */
int kbuild_run(const struct unit *unit, char *const *argv, char *const *env, struct strbuf *output);

#endif
