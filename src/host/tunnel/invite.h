/* SPDX-License-Identifier: GPL-2.0-only */
/* Invitations on the gateway: see common/invitation.h for what they are. */
#ifndef OUTPOST_TUNNEL_INVITE_H
#define OUTPOST_TUNNEL_INVITE_H

#include "common/invitation.h"
#include "common/strbuf.h"

#include <stddef.h>

struct invite_options {
	const char *name;
	const char *login;   /* NULL: as before, or pi */
	int port;            /* on loopback; 0: as before, or the next that is free */
	int expires_s;       /* from now */
	const char *address; /* "GW[:PORT]" as the board reaches it; NULL: as before */
};

/* What a board gets: the files of its folder. */
struct invite {
	struct invitation invitation;
	struct strbuf key;         /* the private key, whole lines */
	struct strbuf known_hosts; /* whole lines */
	int board_port;            /* of the board on the gateway's loopback */
};

void invite_release(struct invite *invite);

/*
 * Creates the board's account and all else, and an invitation; an older one is no longer valid. The
 * private key exists only in *invite. Needs root. 0 or -errno, logged; a new board is then removed
 * again.
 */
int invite_create(const struct invite_options *options, struct invite *invite);

/* The line for a shell of the board; it calls sudo. */
void invite_line(struct strbuf *out, const struct invite *invite);

/* "30m", "12h", "1d": seconds; at most 30 days. 0 or -EINVAL, not logged. */
int invite_parse_expiry(const char *text, int *seconds);

/* "GW", "GW:PORT", "[ADDRESS]:PORT", "ADDRESS" (IPv6). *port is left as it is if there is none. */
int invite_parse_address(const char *text, char *host, size_t size, int *port);

#endif
