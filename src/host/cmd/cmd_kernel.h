/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the command "kernel" share. */
#ifndef OUTPOST_CMD_KERNEL_H
#define OUTPOST_CMD_KERNEL_H

#include "host/cmd/command.h"
#include "host/kernel/git.h"

/* kernel verify [RELEASE]; the status of the command, or -errno, logged. */
int cmd_kernel_verify(struct context *ctx, const struct kernel_git *git, const char *release);

/* Logs that there is no tree for it; returns -ENOENT. */
int cmd_kernel_not_there(const char *release);

#endif
