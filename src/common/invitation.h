/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Invitations, and the conversation between a board that accepts one (`outpost-agent tunnel join`)
 * and its gateway (`outpost-gateway accept`). All formats are lines of text, "WORD VALUE", in any
 * order unless noted; an unknown word, a line that is too long and a value of the wrong form are
 * errors. Nothing here does I/O, or logs.
 *
 * On the board an invitation is a folder that only root can enter. The line that an administrator
 * pastes, or the first boot of a new card, makes it in a temporary place:
 *
 *	key		the one-time private key, in OpenSSH's format
 *	known_hosts	the gateway's host keys under the name outpost-gateway (TUNNEL_GATEWAY_ALIAS)
 *	invitation	outpost-invitation 1		(must be the first line)
 *			name pi4			the board's name on the gateway
 *			gateway gw.example.org		host name or address
 *			port 22				of the gateway's sshd
 *			expires 1780000000		seconds since 1970; also enforced by the gateway
 *	outpost-agent	the agent, fetched with "agent MACHINE"; runs as: outpost-agent tunnel join DIR
 *
 * With this key, the account outpost-invite (TUNNEL_INVITE) of the gateway accepts two commands:
 *
 *	agent MACHINE	writes the agent for `uname -m` to stdout. A machine that has none: a message
 *			on stderr, and exit status 1
 *	accept		reads a request, writes a reply
 *
 * A request, at most INVITATION_REQUEST_MAX bytes:
 *
 *	outpost-join 1			(first line)
 *	key ssh-ed25519 AAAA...		the public half of the key that the board has created for its tunnel
 *	host-key TYPE AAAA...		1 to INVITATION_HOST_KEYS: /etc/ssh/ssh_host_*_key.pub
 *	hostname raspberrypi		as uname(2) says; optional
 *	login pi			users who may log in, 0 to INVITATION_LOGINS
 *	end				(last line)
 *
 * A reply, at most INVITATION_REPLY_MAX bytes. Exit status 0 after "ok", otherwise 1:
 *
 *	outpost-accept 1		(first line)
 *	ok pi4				the board's name
 *	account board-pi4		whom the board logs in as
 *	login pi			the user whom developers log in as on the board
 *	host-key TYPE AAAA...		1 to INVITATION_HOST_KEYS: all of the gateway
 *	end				(last line)
 * or
 *	outpost-accept 1
 *	error TEXT			one line, to be cleaned before it is shown
 *	end
 *
 * "ok" is written after the board's keys are stored: from then on the new key works and the
 * invitation does not. If the reply gets lost, the board can try its tunnel key, or needs a new
 * invitation. A key that was used, has expired or was replaced by a newer invitation is refused by
 * sshd itself ("Permission denied").
 *
 * On the gateway, the folder TUNNEL_KEYS/NAME belongs to outpost-invite, and has
 *
 *	invitation.ID	"expires SECONDS" and "key ssh-ed25519 AAAA...", the public half. ID is
 *			INVITATION_ID_SIZE - 1 random hexadecimal digits. The forced command of the key
 *			is "outpost-gateway accept NAME ID". At most one exists; it is claimed by renaming
 *			it, which succeeds once
 *	key		the tunnel's public key, one line
 *	host_keys	the board's host keys as lines of known_hosts, for the name outpost-NAME
 *	board		"hostname ..." and "login ..." from the request, for display
 */
#ifndef OUTPOST_INVITATION_H
#define OUTPOST_INVITATION_H

#include "common/ssh_key.h"
#include "common/strbuf.h"
#include "common/tunnel.h"

#define INVITATION_FILE        "invitation"
#define INVITATION_PREFIX      "invitation."
#define INVITATION_ID_SIZE     17 /* of the text, with the NUL */
#define INVITATION_HOST_KEYS   8
#define INVITATION_LOGINS      16
#define INVITATION_REQUEST_MAX (16 * 1024)
#define INVITATION_REPLY_MAX   (16 * 1024)

/* The file `invitation` on the board. */
struct invitation {
	char name[TUNNEL_NAME_MAX + 1];
	char gateway[TUNNEL_HOST_MAX + 1];
	int port;
	long long expires;
};

/* The file invitation.ID on the gateway. */
struct invitation_record {
	struct ssh_key key;
	long long expires;
};

struct invitation_request {
	struct ssh_key key;
	struct ssh_key host_keys[INVITATION_HOST_KEYS];
	size_t n_host_keys;
	char hostname[64 + 1]; /* letters, digits, dots and dashes; "": not known */
	char logins[INVITATION_LOGINS][TUNNEL_LOGIN_MAX + 1];
	size_t n_logins;
};

struct invitation_reply {
	bool ok;
	char error[256]; /* not cleaned */
	char name[TUNNEL_NAME_MAX + 1];
	char account[TUNNEL_LOGIN_MAX + 1];
	char login[TUNNEL_LOGIN_MAX + 1];
	struct ssh_key host_keys[INVITATION_HOST_KEYS];
	size_t n_host_keys;
};

/*
 * Read a whole text. False if it is not of this form, or lacks what is not optional; then a
 * clause for a message is added to *why, such as "line 3: the key is not of a known form".
 */
bool invitation_read(struct invitation *invitation, struct text t, struct strbuf *why);
bool invitation_read_record(struct invitation_record *record, struct text t, struct strbuf *why);
bool invitation_read_request(struct invitation_request *request, struct text t, struct strbuf *why);
bool invitation_read_reply(struct invitation_reply *reply, struct text t, struct strbuf *why);

/* Append the text. What the structs hold must be valid. */
void invitation_write(struct strbuf *out, const struct invitation *invitation);
void invitation_write_record(struct strbuf *out, const struct invitation_record *record);
void invitation_write_request(struct strbuf *out, const struct invitation_request *request);
void invitation_write_reply(struct strbuf *out, const struct invitation_reply *reply);

/* Appends the host keys as lines of known_hosts, for the name `alias`. */
void invitation_write_known_hosts(struct strbuf *out, const char *alias,
				  const struct ssh_key *host_keys, size_t n);

#endif
