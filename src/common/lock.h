/* SPDX-License-Identifier: GPL-2.0-only */
/* A lock between processes: a file, locked as long as its descriptor is open. */
#ifndef OUTPOST_LOCK_H
#define OUTPOST_LOCK_H

/*
 * Creates the file if needed, and waits for the lock holder after logging "Waiting for another
 * outpost that <what>". The descriptor, or -errno, logged; -EINTR (not logged) after Ctrl-C.
 */
int lock_take(const char *path, const char *what);

enum lock_outcome {
	LOCK_TAKEN, /* *fd is the caller's */
	LOCK_HELD,  /* by another process; not logged */
};

/* The same without waiting: an enum lock_outcome, or -errno, logged. */
int lock_try(const char *path, int *fd);

/* As lock_take(), but several may hold it at once, and only the others wait. */
int lock_take_shared(const char *path, const char *what);

#endif
