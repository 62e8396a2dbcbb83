/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs make on a copy, by kbuild's rules or those of dkms. */
#ifndef OUTPOST_KBUILD_H
#define OUTPOST_KBUILD_H

#include "common/strbuf.h"
#include "host/build/unit.h"

struct build_counts;

/* Bytes of output; what prints more is killed: -EFBIG. */
#define KBUILD_OUTPUT_MAX (64 << 20)

/*
 * Builds the modules of the copy. Output of make and the compiler is appended to `output` (and
 * shown with -v). Returns make's exit status, or -errno.
 */
int kbuild_modules(const struct unit *unit, struct strbuf *output);

/* Runs the MAKE of its dkms.conf, with variables set so that it builds for the board. As above. */
int kbuild_dkms(const struct unit *unit, struct strbuf *output);

/* Runs the folder's own Makefile, which sets variables and then calls kbuild. As above. */
int kbuild_own_makefile(const struct unit *unit, struct strbuf *output);

/* Runs PRE_BUILD or POST_BUILD, a script in the copy with its arguments. As above. */
int kbuild_script(const struct unit *unit, const char *script, struct strbuf *output);

/* Runs patch -p1 with a file in the copy's patches/. As above. */
int kbuild_patch(const struct unit *unit, const char *patch, struct strbuf *output);

/*
 * Describes everything that affects the result of make: with equal descriptions, the same
 * sources give the same modules.
 */
void kbuild_describe(const struct unit *unit, struct strbuf *out);

/*
 * Adds ccache's counts of the last make; call kbuild_forget_counts() before a build, so that
 * nothing is counted twice.
 */
void kbuild_count(const struct unit *unit, struct build_counts *counts);
void kbuild_forget_counts(const struct unit *unit);

/*
 * Checks that modules for the tree can be built with clang. 0, or -errno (logged) if clang is
 * missing or cannot build them.
 */
int kbuild_check_clang(const struct kernel_tree *tree);

/*
 * Finds the variables that a Makefile sets to the folder of the running kernel's headers or to
 * its release; their values must be overridden.
 */
void kbuild_scan_makefile(const char *text, char ***tree_names, char ***release_names);

#endif
