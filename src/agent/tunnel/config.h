/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the supervisor is told: /etc/outpost/tunnel, which `tunnel join` writes and only root can
 * change.
 *
 *	tunnel.conf	lines "key = value"; those that begin with # and empty ones do not count
 *	id_ed25519	the board's key; its group, TUNNEL_USER, may read it
 *	known_hosts	the gateway's host keys when this board joined, as TUNNEL_GATEWAY_ALIAS
 *
 * ssh reads and writes a copy of known_hosts in the state folder: a gateway that is given a new host
 * key announces it through a connection with the old one (UpdateHostKeys, ssh_config(5)), so that
 * the old one can be retired. Joining again makes a new copy.
 */
#ifndef OUTPOST_AGENT_TUNNEL_CONFIG_H
#define OUTPOST_AGENT_TUNNEL_CONFIG_H

#include "common/strbuf.h"

/* Below --root. */
#define TUNNEL_DIR "/etc/outpost/tunnel"
#define TUNNEL_RUN "/run/outpost-tunnel"     /* RuntimeDirectory of the unit */
#define TUNNEL_VAR "/var/lib/outpost-tunnel" /* StateDirectory */

#define TUNNEL_CONFIG_FILE "tunnel.conf"
#define TUNNEL_KEY_FILE    "id_ed25519"
#define TUNNEL_HOSTS_FILE  "known_hosts"

struct tunnel_config {
	char *root;    /* --root: before each path; "" on a board */
	char *name;    /* of the board on its gateway; required, as gateway is */
	char *gateway; /* host name or address */
	int port;
	char *account; /* on the gateway; board-NAME */
	int alive_ms;  /* without traffic for so long, ask the gateway whether it is there */
	char *carrier; /* see carrier.h */
	char *service; /* where developers' connections go: HOST:PORT of the board's sshd */
};

/* A path below config->root, to be freed. */
char *tunnel_path(const struct tunnel_config *config, const char *dir, const char *name);

/* Sets the defaults, for files below `root`. */
void tunnel_config_init(struct tunnel_config *config, const char *root);
void tunnel_config_release(struct tunnel_config *config);

/* Reads the file's text; `path` is for messages. 0 or -EINVAL, logged. */
int tunnel_config_parse(struct tunnel_config *config, const char *path, char *text);

/* Reads tunnel.conf in TUNNEL_DIR. 0 or -errno, logged. */
int tunnel_config_load(struct tunnel_config *config);

/* Appends what tunnel_config_parse() reads; only what is not the default. */
void tunnel_config_write(struct strbuf *out, const struct tunnel_config *config);

/* Makes the copy of known_hosts if there is none, or it is not from this joining. -errno, logged. */
int tunnel_config_pin(const struct tunnel_config *config);

#endif
