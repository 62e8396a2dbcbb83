/* SPDX-License-Identifier: GPL-2.0-only */
/* What both ways of running make share. */
#ifndef OUTPOST_KBUILD_INTERNAL_H
#define OUTPOST_KBUILD_INTERNAL_H

#include "host/build/kbuild.h"

void kbuild_word(char ***words, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Ours, without what would make our make a part of another, or point kbuild elsewhere. */
char **kbuild_environment(void);

/* A variable of an environment, or NULL; and to set one. */
const char *kbuild_variable(char *const *env, const char *name) __attribute__((pure));
void kbuild_set_variable(char ***env, const char *name, const char *value);

/* What of it decides about a build. */
void kbuild_describe_environment(struct strbuf *out);

/*
 * Makes the folder that has what stands before the compiler, and has *env find
 * it: ccache, where it is installed, and the wrapper that was asked for.
 */
int kbuild_put_compiler(const struct unit *unit);
void kbuild_set_compiler(const struct unit *unit, char ***env);

/*
 * Has the makefiles remember what they ask the tools (kbuild_probes.c): what a
 * make needs for that, and after a good one, with the environment that it had,
 * what it asked. The latter costs time only where it fails, and says nothing.
 */
int kbuild_put_probes(const struct unit *unit);
void kbuild_set_probes(const struct unit *unit, char ***env);
void kbuild_keep_answers(const struct unit *unit, char *const *env);

/* The program: what the kernel was built with, or clang; and the variables that the latter takes.
 */
const char *kbuild_compiler(const struct unit *unit) __attribute__((pure));
void kbuild_add_clang(const struct unit *unit, char ***list);

/* Variables that say what to build for; they win over what makefiles set. */
char **kbuild_target(const struct unit *unit);
void kbuild_add_symvers(const struct unit *unit, char ***argv);

/*
 * KCPPFLAGS, for C and assembler: names of folders that are the same on every
 * host, and debug info where the kernel has none.
 */
char *kbuild_flags(const struct unit *unit) __attribute__((returns_nonnull));

/* Runs it in the copy, with all that is to stand before the compiler. The exit status, or -errno.
 */
int kbuild_run(const struct unit *unit, char *const *argv, char *const *env, struct strbuf *output);

#endif
