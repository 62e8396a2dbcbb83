/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OUTPOST_UNIX_SOCKET_H
#define OUTPOST_UNIX_SOCKET_H

#include <stdbool.h>

/*
 * Connects to the unix socket `name` in the folder `dir`, whose path may be longer than the
 * 108 bytes that fit in a socket address. If the listener's queue is full: waits, or with
 * `nonblocking`, which the descriptor then is, too, -EAGAIN. Returns the descriptor, or -errno
 * (not logged): -ENOTSOCK or -ELOOP if something else has that name.
 */
int unix_socket_connect(const char *dir, const char *name, bool nonblocking);

#endif
