/* SPDX-License-Identifier: GPL-2.0-only */
/* A lock between processes: a file, locked as long as its descriptor is open. */
#ifndef OUTPOST_LOCK_H
#define OUTPOST_LOCK_H

/*
 * Creates the file if needed, and waits for the lock holder after logging "Waiting for another
 * outpost that <what>". The descriptor, or -errno, logged; -EINTR (not logged) after Ctrl-C.
 */
int lock_take(const char *path, const char *what);

/* The same without waiting: -EWOULDBLOCK, not logged, if the lock is held. */
int lock_try(const char *path);

#endif
