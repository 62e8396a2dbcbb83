/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The boards of this gateway. What an administrator decided about a board is in TUNNEL_CONF/NAME.conf
 * ("port = 2222", "login = pi"); from that follow its account, folders, units and entry for ssh.
 */
#ifndef OUTPOST_TUNNEL_GATEWAY_BOARD_H
#define OUTPOST_TUNNEL_GATEWAY_BOARD_H

#include "common/strbuf.h"
#include "common/tunnel.h"

#define GATEWAY_FIRST_PORT 2222

struct gateway_board {
	char name[TUNNEL_NAME_MAX + 1];
	int port; /* on loopback */
	char login[TUNNEL_LOGIN_MAX + 1];
};

/* What has come of its invitations. */
struct gateway_board_state {
	bool joined;             /* it has a key */
	long long invited_until; /* seconds since 1970; 0: no invitation that could be used */
	char *hostname;          /* as it said, cleaned; or NULL */
};

/* The names of all boards, sorted (strv_free()); none is not an error. 0 or -errno, logged. */
int gateway_board_names(char ***names);

/* 0; -ENOENT, not logged; or another -errno, logged. */
int gateway_board_read(const char *name, struct gateway_board *board);

/* Anybody may read this. The caller frees state->hostname. */
void gateway_board_state(const char *name, struct gateway_board_state *state);

/* The lowest port from GATEWAY_FIRST_PORT on that no board has. 0 or -errno, logged. */
int gateway_board_free_port(int *port);

/*
 * Create what a board needs; what is there is left as it is, or brought up to date. Needs root. 0 or
 * -errno, logged.
 */
int gateway_board_create(const struct gateway_board *board);

/*
 * Removes all traces of a board, its access first; ends its connections. Needs root. Can be repeated if
 * it fails. 0 or -errno, logged.
 */
int gateway_board_remove(const char *name);

/* The entry for ssh on the gateway. */
void gateway_board_host_entry(struct strbuf *out, const struct gateway_board *board);

#endif
