/* SPDX-License-Identifier: GPL-2.0-only */
/* Running make on a copy: kbuild's way, and dkms's. */
#ifndef OUTPOST_KBUILD_H
#define OUTPOST_KBUILD_H

#include "common/strbuf.h"
#include "host/build/unit.h"

struct build_counts;

/*
 * Builds the copy's modules; what make and the compiler say is appended to
 * `output` (and with -v shown as it comes). make's exit status, or -errno.
 */
int kbuild_modules(const struct unit *unit, struct strbuf *output);

/* The MAKE of its dkms.conf, with everything set so that it builds for the board. As above. */
int kbuild_dkms(const struct unit *unit, struct strbuf *output);

/* The folder's own Makefile, for those that set what they need before they call kbuild. As above.
 */
int kbuild_own_makefile(const struct unit *unit, struct strbuf *output);

/* PRE_BUILD or POST_BUILD: a script in the copy and its arguments. As above. */
int kbuild_script(const struct unit *unit, const char *script, struct strbuf *output);

/* patch -p1 with a file of the copy's patches/. As above. */
int kbuild_patch(const struct unit *unit, const char *patch, struct strbuf *output);

/* What decides how make builds: two equal ones on the same sources give the same modules. */
void kbuild_describe(const struct unit *unit, struct strbuf *out);

/* Adds what the last make had ccache do; forgotten before a build, so that none counts twice. */
void kbuild_count(const struct unit *unit, struct build_counts *counts);
void kbuild_forget_counts(const struct unit *unit);

/* Can modules for it be built with clang, here? 0, or -errno, logged: it is missing, or cannot. */
int kbuild_check_clang(const struct kernel_tree *tree);

/*
 * Names of variables that a Makefile sets to the folder of the running
 * kernel's headers, or to its release; the values are to be replaced.
 */
void kbuild_scan_makefile(const char *text, char ***tree_names, char ***release_names);

#endif
