/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by both ways of running make. */
#ifndef OUTPOST_KBUILD_INTERNAL_H
#define OUTPOST_KBUILD_INTERNAL_H

#include "host/build/kbuild.h"

void kbuild_word(char ***words, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * Our environment, without variables that would make our make a sub-make or change what kbuild
 * does.
 */
char **kbuild_environment(const struct unit *unit);

/* Get a variable of an environment (or NULL), and set one. */
const char *kbuild_variable(char *const *env, const char *name) __attribute__((pure));
void kbuild_set_variable(char ***env, const char *name, const char *value);

/* Describes the variables that can affect a build. */
void kbuild_describe_environment(const struct unit *unit, struct strbuf *out);

/*
 * Makes the folder with the programs that run the compiler (ccache if installed, and the
 * requested wrapper), and puts it first in PATH of *env.
 */
int kbuild_put_compiler(const struct unit *unit);
void kbuild_set_compiler(const struct unit *unit, char ***env);

/*
 * Lets makefiles remember the answers of the tools (kbuild_probes.c): prepare and set up a
 * make for it, and store the answers after a successful make that had the environment `env`.
 * If storing fails, it only costs time, and is not logged.
 */
int kbuild_put_probes(const struct unit *unit);
void kbuild_set_probes(const struct unit *unit, char ***env);
void kbuild_keep_answers(const struct unit *unit, char *const *env);

/* The compiler: the one that built the kernel, or clang; and the variables that clang needs. */
const char *kbuild_compiler(const struct unit *unit) __attribute__((pure));
void kbuild_add_clang(const struct unit *unit, char ***list);

/* Variables that select the target; they override those of makefiles. */
char **kbuild_target(const struct unit *unit);
void kbuild_add_symvers(const struct unit *unit, char ***argv);

/*
 * KCPPFLAGS, for C and assembler: folder names that are the same on every host, and debug info
 * if the kernel has none.
 */
char *kbuild_flags(const struct unit *unit) __attribute__((returns_nonnull));

/*
 * Runs `argv` in the copy, with the programs that run the compiler in place. Returns the exit
 * status, or -errno.
 */
int kbuild_run(const struct unit *unit, char *const *argv, char *const *env, struct strbuf *output);

#endif
