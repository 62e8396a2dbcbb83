/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the files of the command "kernel". */
#ifndef OUTPOST_CMD_KERNEL_H
#define OUTPOST_CMD_KERNEL_H

#include "host/cmd/command.h"
#include "host/kernel/git.h"

/* Runs kernel verify [RELEASE]. The exit status of the command, or -errno, logged. */
int cmd_kernel_verify(struct context *ctx, const struct kernel_git *git, const char *release);

/* The enum kernel_outcome `r` of a search for this tree as 0 or -errno; logs that there is none. */
int cmd_kernel_check(int r, const char *name);

#endif
