/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The board's side of the tunnel: a board behind NAT calls its gateway, and keeps doing so.
 *
 *	tunnel.c	the command `outpost-agent tunnel`
 *	config.c	/etc/outpost/tunnel, and the gateway's host keys
 *
 *	run.c		the supervisor: one loop over everything below; run_link.c, run_report.c
 *	link.c		one process of the carrier, and its connection
 *	carrier.c	the kinds of carriers: their commands, and what their messages mean
 *	backoff.c	how long to wait before the next attempt
 *	path.c		what the kernel says about the way to the gateway
 *	outage.c	how long nothing came through, and why
 *	probe_server.c	the gateway's prober calls here through the tunnel
 *	notify.c	tells systemd, and people, about the state
 *
 *	join.c		accepts an invitation; runs as root
 *	join_check.c	can this machine join?
 *	join_users.c	who can log in
 *	join_ask.c	the conversation with the gateway
 *	join_install.c	what it leaves on the board
 *
 *	unit.c		outpost-tunnel.service: installs and starts it
 *	install.c	changes the carrier
 */
#ifndef OUTPOST_AGENT_TUNNEL_H
#define OUTPOST_AGENT_TUNNEL_H

/* argv[0] is "tunnel". The exit status: 0, 1 after an error, 2 for wrong arguments. */
int tunnel(int argc, char **argv);

/* The user whom the supervisor runs as, on the board. */
#define TUNNEL_USER "outpost-tunnel"

#endif
