/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * outpost-gateway: what sshd, ssh and systemd start on a gateway. It must be small, because sshd
 * trusts it; it uses only libc and common. Each command is one file; main.c has the table.
 */
#ifndef OUTPOST_GATEWAY_H
#define OUTPOST_GATEWAY_H

#include "common/invitation.h"

#include <stdio.h>
#include <time.h>

/* The folders that the commands use. */
struct gateway_places {
	const char *keys;      /* TUNNEL_KEYS */
	const char *roots;     /* TUNNEL_ROOTS */
	const char *agents;    /* TUNNEL_AGENTS */
	const char *conf;      /* TUNNEL_CONF */
	const char *host_keys; /* TUNNEL_HOST_KEYS */
};

extern const struct gateway_places gateway_places;

/*
 * `keys USER`, sshd's AuthorizedKeysCommand: writes the lines of authorized_keys for an account:
 * the tunnel's key of a board, or all invitations that can still be used. Nothing for another user,
 * or a board that is crowded.
 * An invitation or key that cannot be read, or has expired at `now`, is left out. 0 or -errno.
 */
int keys_write(const struct gateway_places *places, const char *user, time_t now,
	       struct strbuf *out);

/* Has the board that this account belongs to so many connections or sockets that it gets no more? */
bool board_is_crowded(const struct gateway_places *places, const char *account);

/*
 * Reads an invitation from the folder of a board. 0; -ENOENT if it was used, replaced or revoked;
 * -ETIME if it has expired at `now`; another -errno. Not logged.
 */
int invitation_find(const struct gateway_places *places, const char *name, const char *id,
		    time_t now, struct invitation_record *record);

/* Is it the ID of an invitation? */
bool invitation_is_id(const char *id) __attribute__((pure));

/*
 * Accepts the invitation with what a board sent: claims it, stores the board's keys, and fills in
 * the reply, also for an error, which is then all that happened. `now`: as above.
 */
void accept_request(const struct gateway_places *places, const char *name, const char *id,
		    struct text request, time_t now, struct invitation_reply *reply);

/*
 * The rules of nft(8) for the ports of all boards: only the users in `uids`, and processes whose
 * group is `gid`, may connect to them. 0 or -errno, logged.
 */
int rules_write(const struct gateway_places *places, unsigned int gid, const unsigned int *uids,
		size_t n, struct strbuf *out);

/* The commands. They return an exit status. */
int cmd_keys(int argc, char **argv);
int cmd_accept(int argc, char **argv);
int cmd_connect(int argc, char **argv);
int cmd_rules(int argc, char **argv);

#endif
