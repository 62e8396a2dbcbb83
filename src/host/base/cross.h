/* SPDX-License-Identifier: GPL-2.0-only */
/* What a program that makes code for a board (arm64) is called on this machine: CROSS_PREFIX "gcc".
 */
#ifndef OUTPOST_CROSS_H
#define OUTPOST_CROSS_H

#if defined(__aarch64__)
#define CROSS_PREFIX ""
#define CROSS_SUFFIX "" /* of Debian's package */
#else
#define CROSS_PREFIX "aarch64-linux-gnu-"
#define CROSS_SUFFIX "-aarch64-linux-gnu"
#endif

#endif
