/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The lock of the board: /run/outpost/lock, locked as long as a supervisor lives, with two
 * lines that name its holder. The lock belongs to the open file (fcntl(2), "open file
 * description locks"), so that a supervisor inherits it from the connection that started it.
 * Testing it does not take it, so two processes that test it do not disturb each other.
 */
#ifndef OUTPOST_AGENT_HOLDER_H
#define OUTPOST_AGENT_HOLDER_H

#include "agent/base/dirs.h"

#include <stdbool.h>

struct holder {
	char run[48], user[96];
	char home
		[256]; /* of the run: each login has its own; "": the reader's (from an older agent) */
	uint64_t since; /* seconds since the epoch */
	pid_t pid;      /* of the supervisor; 0: it is being started */
};

/*
 * Takes the board's lock. Returns a descriptor that holds it until its last copy is closed;
 * -EBUSY with the lock holder in *holder; or -errno.
 */
int holder_take(const struct dirs *dirs, struct holder *holder);

/* Reads the current or last lock holder from the lock file. false: none is recorded. */
bool holder_read(int fd, struct holder *holder);

/* Records the lock holder, since now. 0 or -errno. */
int holder_write(int fd, const char *home, const char *run, pid_t pid, const char *user);

/* Is a supervisor carrying out this run (NULL: any run)? If so, *holder is set. */
bool holder_find(const struct dirs *dirs, const char *run, struct holder *holder);

#endif
