/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Follows the way to a board leg by leg, and finds the first one that fails, for `outpost tunnel
 * test`. Changes nothing.
 *
 *	legs.c		the order
 *	legs_gateway.c	what the gateway must have: account, key, sshd's configuration
 *	legs_socket.c	the sockets in the board's folder, and who answers on them
 *	legs_ssh.c	ssh to the board: its host key, the login, the port on loopback
 */
#ifndef OUTPOST_TUNNEL_LEGS_H
#define OUTPOST_TUNNEL_LEGS_H

#include <stddef.h>

enum tunnel_leg_state {
	TUNNEL_LEG_OK,
	TUNNEL_LEG_FAILED,
	TUNNEL_LEG_SKIPPED,  /* this user cannot tell: `detail` says why */
	TUNNEL_LEG_NOT_TRIED /* an earlier one failed */
};

struct tunnel_leg {
	const char *name;
	enum tunnel_leg_state state;
	char *detail; /* what was found, a clause; may contain text from the board; NULL: not tried */
	char *fix;    /* of one that failed: what to do */
};

#define TUNNEL_LEGS_MAX 16

struct tunnel_legs {
	struct tunnel_leg list[TUNNEL_LEGS_MAX];
	size_t n;
};

/*
 * Tries the legs to the board `name`, a name that tunnel_is_name() accepts. `root`: as for
 * tunnel_boards_read(). Returns the one that failed, or NULL.
 */
const struct tunnel_leg *tunnel_legs_try(const char *root, const char *name,
					 struct tunnel_legs *legs);
void tunnel_legs_release(struct tunnel_legs *legs);

#endif
