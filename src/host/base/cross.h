/* SPDX-License-Identifier: GPL-2.0-only */
/* The names of tools that build for a board (arm64) on this machine: CROSS_PREFIX "gcc". */
#ifndef OUTPOST_CROSS_H
#define OUTPOST_CROSS_H

#if defined(__aarch64__)
#define CROSS_PREFIX ""
#define CROSS_SUFFIX "" /* for the names of Debian's packages */
#else
#define CROSS_PREFIX "aarch64-linux-gnu-"
#define CROSS_SUFFIX "-aarch64-linux-gnu"
#endif

#endif
