/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the files of the command "tunnel". `root`: the folder that all paths are below; "" but in tests. */
#ifndef OUTPOST_CMD_TUNNEL_H
#define OUTPOST_CMD_TUNNEL_H

#include "host/cmd/command.h"

/* Run tunnel status [NAME] and tunnel test NAME. The exit status of the command, or -errno, logged. */
int cmd_tunnel_status(struct context *ctx, const char *root, bool watch, const char *name);
int cmd_tunnel_test(struct context *ctx, const char *root, const char *name);

#endif
