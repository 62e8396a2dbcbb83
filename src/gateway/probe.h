/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * outpost-gateway probe: asks each board through its tunnel, once a second, whether it is there.
 * One process for all boards, without rights of its own: it belongs to the group that may
 * connect to the sockets below TUNNEL_ROOTS, and writes what common/tunnel_status.h describes.
 *
 *	probe.c		the loop: boards come and go, sockets appear, time passes
 *	probe_list.c	which boards there are, and what happens in their folders
 *	probe_board.c	one board: connection and pings
 *	probe_updown.c	what they say about its tunnel
 *	probe_stats.c	round trips
 *	probe_files.c	status and history
 */
#ifndef OUTPOST_GATEWAY_PROBE_H
#define OUTPOST_GATEWAY_PROBE_H

/* Runs until SIGTERM. `root` is the folder that all paths are below: "" but in tests. An exit status. */
int probe_run(const char *root);

int cmd_probe(int argc, char **argv); /* [ROOT] */

#endif
