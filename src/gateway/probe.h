/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * outpost-gateway probe: asks each board through its tunnel, once a second, whether it is there.
 * One process for all boards, without rights of its own: it belongs to the group that may
 * connect to the sockets in TUNNEL_BOARDS_DIR, and writes what common/tunnel_status.h describes.
 *
 *	probe.c		the loop: boards come and go, sockets appear, time passes
 *	probe_board.c	one board: connection, pings, up and down
 *	probe_stats.c	round trips
 *	probe_files.c	status and history
 */
#ifndef OUTPOST_GATEWAY_PROBE_H
#define OUTPOST_GATEWAY_PROBE_H

/* Runs until SIGTERM. `root` is the folder that all paths are below: "" but in tests. An exit status. */
int probe_run(const char *root);

int cmd_probe(int argc, char **argv); /* [ROOT] */

#endif
