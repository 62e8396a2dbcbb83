/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ways in which kernel_tools.c has kbuild's programs run on this machine. A
 * list of programs holds their paths; each is replaced where it is.
 */
#ifndef OUTPOST_KERNEL_TOOLS_H
#define OUTPOST_KERNEL_TOOLS_H

/* 0 (perhaps not of all), -ENOENT when Debian has none of this series, or -errno, said. */
int kernel_tools_from_debian(char *const *programs, const char *dir, const char *release);

/* The .c files beside a program that make it up, strv_free(); NULL: the tree does not have them. */
char **kernel_tools_sources_of(const char *program);

/* Compiles those that have sources and can be compiled. 0, or -EINTR. */
int kernel_tools_from_sources(char *const *programs, const char *build);

/*
 * Puts a script in each program's place that has qemu-user run it, with Debian's
 * arm64 libraries in TREE/.sysroot. 0, or -errno, said.
 */
int kernel_tools_through_qemu(char *const *programs, const char *dir);

#endif
