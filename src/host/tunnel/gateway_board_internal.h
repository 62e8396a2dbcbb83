/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OUTPOST_TUNNEL_GATEWAY_BOARD_INTERNAL_H
#define OUTPOST_TUNNEL_GATEWAY_BOARD_INTERNAL_H

#include "host/tunnel/gateway_board.h"

/* All that a board has on its gateway. */
struct gateway_board_paths {
	char *account;
	char *conf, *keys;
	char *root, *sockets;
	char *host_entry;
	char *socket_unit, *service_unit; /* names of units */
	char *unit_dir, *unit_port, *unit_link;
	char *status, *history; /* the prober's */
};

void gateway_board_paths(const char *name, struct gateway_board_paths *p);
/* The file in TUNNEL_UIDS that names an account; NULL if there is no such account. */
char *gateway_board_uid_file(const char *account);
void gateway_board_paths_release(struct gateway_board_paths *p);

/* Kills all processes of a user until there is none. 0, or -errno, logged. */
int gateway_board_end_processes(const char *account);

#endif
