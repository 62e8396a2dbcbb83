/* SPDX-License-Identifier: GPL-2.0-only */
/* A lock between processes: a file, locked as long as its descriptor is open. */
#ifndef OUTPOST_LOCK_H
#define OUTPOST_LOCK_H

/*
 * Makes the file where needed, and waits for whoever holds it, which is logged
 * as "Waiting for another outpost that <what>". The descriptor, or -errno,
 * logged; -EINTR (not logged) after a Ctrl-C.
 */
int lock_take(const char *path, const char *what);

/* The same without waiting: -EWOULDBLOCK, not logged, when it is held. */
int lock_try(const char *path);

#endif
