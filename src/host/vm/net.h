/* SPDX-License-Identifier: GPL-2.0-only */
/* TCP to a vm. All functions return 0 (or a port) or -errno, and log nothing. */
#ifndef OUTPOST_VM_NET_H
#define OUTPOST_VM_NET_H

/* A TCP port on 127.0.0.1 that is free now; another process may take it at any time. */
int net_free_port(void);

/* How long a running vm may take to send its greeting; up to 1.2 s were seen on a busy host. */
#define NET_ANSWER_MS 5000

/*
 * Waits until an ssh server answers on 127.0.0.1:port, at most timeout_ms. QEMU itself accepts
 * the connection, so only the server's greeting counts. 0 or -errno.
 */
int net_await_ssh(int port, int timeout_ms);

#endif
