/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The socket that the gateway's prober reaches through the tunnel (common/probe.h): a hello for
 * each connection, an echo for each ping. Whoever may use the board on the gateway can connect, so
 * connections are few, and the one that was quiet for longest makes room for a new one.
 */
#ifndef OUTPOST_AGENT_PROBE_SERVER_H
#define OUTPOST_AGENT_PROBE_SERVER_H

#include "common/probe.h"

#include <poll.h>

#define PROBE_CLIENTS 8

struct probe_client {
	int fd;           /* -1: none */
	long long active; /* of the last byte from it, monotonic_ms() */
	size_t n;         /* bytes of an incomplete ping */
	uint8_t ping[PROBE_PING_SIZE];
};

struct probe_server {
	int listener;
	struct probe_client clients[PROBE_CLIENTS];
};

/* Listens at `path`, and replaces what an earlier supervisor left there. 0 or -errno, logged. */
int probe_server_open(struct probe_server *server, const char *path);

/* Closes the connections: they belong to a carrier that is gone. */
void probe_server_drop(struct probe_server *server);
void probe_server_close(struct probe_server *server);

/* Fills 1 + PROBE_CLIENTS entries. */
void probe_server_poll(const struct probe_server *server, struct pollfd *fds);

/*
 * Accepts connections, answers pings. Returns how many pings came. `hello` and `echo` (its bytes)
 * are what to answer with.
 */
unsigned int probe_server_serve(struct probe_server *server, const struct pollfd *fds,
				const struct probe_hello *hello, const struct probe_echo *echo,
				long long now);

#endif
