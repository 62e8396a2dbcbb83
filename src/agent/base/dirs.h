/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Folders of the agent on a board.
 *
 *	~/development/modules/<name>/<name>.ko	deployed modules
 *	~/development/backups/<name>/		the versions replaced last
 *	~/development/blobs/<hash>		files by content
 *	~/development/logs/<run>/journal	runs
 *	/run/outpost/				for this boot: lock, nonce, what is armed
 *
 * ~ is the home of the login user, also under sudo. Without root (as in tests)
 * $XDG_RUNTIME_DIR/outpost replaces /run/outpost.
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
	char root[128]; /* prefix of /proc, /sys and /dev: "" except in tests */
	uid_t uid;      /* of the login user, who owns the files in the home */
	gid_t gid;
};

/* Finds the home and creates the runtime folder. 0 or -errno. */
int dirs_init(struct dirs *dirs);
/* As dirs_init(), for a known home (the supervisor's). */
int dirs_init_home(struct dirs *dirs, const char *home);

/* Formats "<home>/development/<format...>" into path. 0 or -ENAMETOOLONG. */
int dirs_path(const struct dirs *dirs, char path[DIRS_MAX], const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
int dirs_runtime(const struct dirs *dirs, char path[DIRS_MAX], const char *name);

/*
 * Makes an empty folder that no other user can enter, for a program's temporary files: in /tmp,
 * where programs can be executed and which has room, or else in the runtime folder. 0 or -errno.
 * The caller removes it.
 */
int dirs_make_private(const struct dirs *dirs, char path[DIRS_MAX]);

/*
 * Anyone who may start the agent through sudo can load any code into the kernel. Still, a link
 * in a home must not make root overwrite some other file: everything below the home is created
 * with the login user's rights.
 *
 *	DIRS_AS_LOGIN(dirs); until the end of the block
 */
int dirs_as_login(const struct dirs *dirs);
void dirs_as_root(const int *changed);
#define DIRS_AS_LOGIN(dirs) \
	__attribute__((cleanup(dirs_as_root), unused)) int as_login_ = dirs_as_login(dirs)

/* Creates the folder and its parents below the home, owned by the login user. 0 or -errno. */
int dirs_mkdir(const struct dirs *dirs, const char *path);

/*
 * Can this run id or module name be part of a path? It consists of letters, digits, '-', '_'
 * and '.', and does not begin with '.' or '-'.
 */
bool dirs_plain(const char *name);

/*
 * Identifies this boot: the kernel's boot_id, and our own nonce in /run, which tells restored
 * snapshots of one boot apart.
 */
void dirs_boot(const struct dirs *dirs, char boot_id[40], char nonce[40]);

/* Reads a small file, without newlines at its end; "" if it cannot be read. */
void dirs_read(const char *path, char *text, size_t size);

#endif
