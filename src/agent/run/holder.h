/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who holds the board: /run/outpost/lock, locked as long as a supervisor
 * lives, with two lines that say for whom. The lock belongs to the open file
 * (fcntl(2), "open file description locks"), so that a supervisor inherits it
 * from the connection that started it, and so that asking takes nothing: two
 * who ask never see each other.
 */
#ifndef OUTPOST_AGENT_HOLDER_H
#define OUTPOST_AGENT_HOLDER_H

#include "agent/base/dirs.h"

#include <stdbool.h>

struct holder {
	char run[48], user[96];
	char home[256]; /* that the run is in: two logins of one board have two; "": the reader's
			   own, as an older agent wrote it */
	uint64_t since; /* seconds since the epoch */
	pid_t pid;      /* of the supervisor; 0: it is just being started */
};

/* Takes the board: a descriptor that holds it until its last copy is closed; -EBUSY and *holder who
 * has it, or -errno. */
int holder_take(const struct dirs *dirs, struct holder *holder);

/* Who has it, or had it last, by what stands in the lock file. */
bool holder_read(int fd, struct holder *holder);

/* Says who it is, to whoever asks; since now. 0 or -errno. */
int holder_write(int fd, const char *home, const char *run, pid_t pid, const char *user);

/* Is a supervisor at work on this run (NULL: on any)? Then *holder is known. */
bool holder_find(const struct dirs *dirs, const char *run, struct holder *holder);

#endif
