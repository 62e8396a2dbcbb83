/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A probe is the command by which a makefile of kbuild's finds out what a tool
 * can do: the argument of try-run (scripts/Makefile.compiler), which cc-option,
 * as-instr, ld-option and others call.
 */
#ifndef OUTPOST_PROBE_H
#define OUTPOST_PROBE_H

#include <stdbool.h>

/*
 * Is its outcome decided by the tools and its own words alone, so that it can
 * be remembered? It must do nothing but print, and run the compiler, the
 * binutils (both as they are called for this kernel), grep and cmp on that, on
 * nothing, or on $TMP. What is not understood is not pure.
 */
bool probe_is_pure(const char *command, const char *compiler, const char *cross_prefix);

/* The command of the name that kbuild_probes.mk gave it; NULL when it is none. The caller frees
 * it. */
char *probe_command(const char *name);

#endif
