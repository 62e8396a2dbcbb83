/* SPDX-License-Identifier: GPL-2.0-only */
/* The few sockets that a vm is spoken to by. All return 0, a descriptor, or -errno, and say
 * nothing. */
#ifndef OUTPOST_VM_NET_H
#define OUTPOST_VM_NET_H

/*
 * Connects to the unix socket `name` in the folder `dir`, whose path may be
 * longer than the 108 bytes that a socket address holds.
 */
int net_connect_unix(const char *dir, const char *name);

/* A TCP port that is free on 127.0.0.1 now; it may be taken a moment later. */
int net_free_port(void);

/* How long a running vm may take to greet: 1.2 s was seen on a busy host. */
#define NET_ANSWER_MS 5000

/*
 * Does an ssh server answer on 127.0.0.1:port within the time? QEMU itself
 * accepts the connection, so only the server's greeting counts.
 */
int net_await_ssh(int port, int timeout_ms);

#endif
