/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the agent keeps things on a board.
 *
 *	~/development/modules/<name>/<name>.ko	what was deployed last
 *	~/development/backups/<name>/		what it replaced, the latest few
 *	~/development/blobs/<hash>		files as they were sent
 *	~/development/logs/<run>/journal	runs
 *	/run/outpost/				of this boot: lock, nonce, what is armed
 *
 * ~ is the home of the login user, also under sudo. Without root (as in tests)
 * $XDG_RUNTIME_DIR/outpost stands for /run/outpost.
 */
#ifndef OUTPOST_DIRS_H
#define OUTPOST_DIRS_H

#include "common/proto.h"

#include <stdbool.h>
#include <sys/types.h>

#define DIRS_MAX 512

struct dirs {
	char home[256];
	char runtime[128];
	char root[128]; /* before /proc, /sys, /dev: ""; tests have one of their own */
	uid_t uid;      /* of the login user: files in the home are theirs */
	gid_t gid;
};

/* Finds the home and makes the runtime folder. 0 or -errno. */
int dirs_init(struct dirs *dirs);
/* The same for a known home (the supervisor's). */
int dirs_init_home(struct dirs *dirs, const char *home);

/* "<home>/development/<format...>" into path; -ENAMETOOLONG. */
int dirs_path(const struct dirs *dirs, char path[DIRS_MAX], const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
int dirs_runtime(const struct dirs *dirs, char path[DIRS_MAX], const char *name);

/*
 * Who may start the agent through sudo may load any code into the kernel. Yet
 * root must not be led by a link in a home to a file that it then overwrites:
 * what is made below the home is made with the login's own rights.
 *
 *	DIRS_AS_LOGIN(place); until the end of the block
 */
int dirs_as_login(const struct dirs *dirs);
void dirs_as_root(const int *changed);
#define DIRS_AS_LOGIN(dirs) \
	__attribute__((cleanup(dirs_as_root), unused)) int as_login_ = dirs_as_login(dirs)

/* Makes the folder and its parents below the home, owned by the login user. */
int dirs_mkdir(const struct dirs *dirs, const char *path);

/* A run id or module name that may become part of a path: letters, digits, '-', '_', '.', not first
 * '.'. */
bool dirs_plain(const char *name);

/* This boot: the kernel's boot_id, and a number of our own in /run, for snapshots of a boot that
 * were restored. */
void dirs_boot(const struct dirs *dirs, char boot_id[40], char nonce[40]);

/* Trimmed content of a small file; "" when it cannot be read. */
void dirs_read(const char *path, char *text, size_t size);

#endif
