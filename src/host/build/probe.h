/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A probe is a command that kbuild's makefiles use to find out what a tool can do: the
 * argument of try-run (scripts/Makefile.compiler), which cc-option, as-instr, ld-option and
 * others call.
 */
#ifndef OUTPOST_PROBE_H
#define OUTPOST_PROBE_H

#include <stdbool.h>

/*
 * Does the result depend only on the tools and the command, so that it can be remembered? The
 * command may only print, and run the compiler, the binutils (both under the names for this
 * kernel), grep and cmp on that, on nothing, or on $TMP. A command that is not understood is
 * not pure.
 */
bool probe_is_pure(const char *command, const char *compiler, const char *cross_prefix);

/*
 * Decodes a name of kbuild_probes.mk to its command; NULL if it is not valid: if it has a blank, a
 * control character, one that is special to make, or one that is not ASCII. The caller frees it.
 */
char *probe_command(const char *name);

#endif
