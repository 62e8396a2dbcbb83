/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ways to get kbuild's programs to run on this machine. A list of programs holds their
 * paths; each is replaced where it is.
 */
#ifndef OUTPOST_KERNEL_TOOLS_H
#define OUTPOST_KERNEL_TOOLS_H

#include <stdbool.h>

struct kernel_place;

/*
 * Unpacks the package in `dir`. 0 (perhaps for some of them only), -ENOENT if Debian has none of
 * this series, or -errno, logged.
 */
int kernel_tools_from_debian(char *const *programs, const char *dir, const char *release);

/*
 * The .c files beside a program that it is built from, strv_free(); NULL: the tree does not
 * have them.
 */
char **kernel_tools_sources_of(const char *program);

/*
 * Compiles those whose sources are there and compile; what a board sent, in the container if there
 * is one. 0, or -EINTR.
 */
int kernel_tools_from_sources(const struct kernel_place *place, char *const *programs,
			      const char *build);

/*
 * Replaces each program with a script that runs it in qemu-user, with Debian's arm64 libraries
 * in TREE/.sysroot. 0, or -errno, logged.
 */
int kernel_tools_through_qemu(char *const *programs, const char *dir);

#endif
