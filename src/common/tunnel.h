/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names and places of the tunnel that more than one program must know. docs/gateway.md describes
 * what each of them is for.
 */
#ifndef OUTPOST_TUNNEL_H
#define OUTPOST_TUNNEL_H

#include <stdbool.h>

/* Accounts and groups on the gateway. */
#define TUNNEL_GROUP         "outpost"        /* developers: may use the boards */
#define TUNNEL_BOARDS        "outpost-boards" /* the primary group of all accounts of boards */
#define TUNNEL_ACCOUNT       "board-"         /* the account of a board: board-NAME */
#define TUNNEL_INVITE        "outpost-invite" /* the account of all invitations */
#define TUNNEL_PORT_ACCOUNT  "outpost-port"   /* forwards the ports on loopback */
#define TUNNEL_PROBE_ACCOUNT "outpost-prober"

/* Folders on the gateway. */
#define TUNNEL_LIB     "/usr/local/lib/outpost" /* outpost-gateway and agent/MACHINE */
#define TUNNEL_AGENTS  TUNNEL_LIB "/agent"      /* MACHINE (uname -m): the agents for boards */
#define TUNNEL_STATE   "/var/lib/outpost"
#define TUNNEL_ROOTS   TUNNEL_STATE "/boards"  /* board-NAME/, the root of its connections */
#define TUNNEL_KEYS    TUNNEL_STATE "/keys"    /* NAME/, see invitation.h */
#define TUNNEL_UIDS    TUNNEL_STATE "/uids"    /* UID: a file for each account of a board */
#define TUNNEL_HISTORY TUNNEL_STATE "/history" /* NAME: outages, written by the prober */
#define TUNNEL_STATUS  "/run/outpost/status"   /* NAME: written by the prober */
#define TUNNEL_CONF    "/etc/outpost/boards"   /* NAME.conf: port and login */

/* The host keys of the gateway's sshd, "TYPE BASE64" lines: what boards must pin. */
#define TUNNEL_HOST_KEYS "/etc/outpost/host_keys"

/* In the folder s of a board's root; sshd creates them for the board. */
#define TUNNEL_SOCKETS      "s"
#define TUNNEL_SSH_SOCKET   "ssh"
#define TUNNEL_PROBE_SOCKET "probe"

/* Under this name, and HostKeyAlias, the host keys of the gateway and of a board are pinned. */
#define TUNNEL_GATEWAY_ALIAS "outpost-gateway"
#define TUNNEL_BOARD_ALIAS   "outpost-" /* outpost-NAME */

/*
 * The name of a board on its gateway, from which the names of accounts, units and files are made:
 * 1 to 24 lower-case letters, digits and dashes; the first is a letter, the last not a dash. Not
 * "gateway", whose alias would be the gateway's own, and not "localhost".
 */
#define TUNNEL_NAME_MAX 24
bool tunnel_is_name(const char *name) __attribute__((pure));

/* The name of a login: what useradd(8) accepts. */
#define TUNNEL_LOGIN_MAX 32
bool tunnel_is_login(const char *name) __attribute__((pure));

/* A host name or address that can be an argument of ssh, without options or anything for a shell. */
#define TUNNEL_HOST_MAX 253
bool tunnel_is_host(const char *host) __attribute__((pure));

#endif
