/* SPDX-License-Identifier: GPL-2.0-only */
/* The few sockets that a vm is spoken to by. All return 0, a descriptor, or -errno, and say
 * nothing. */
#ifndef OUTPOST_VM_NET_H
#define OUTPOST_VM_NET_H

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
