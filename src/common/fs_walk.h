/* SPDX-License-Identifier: GPL-2.0-only */
/* All that is in a folder, and in those in it. Links are not followed, other mounts not entered. */
#ifndef OUTPOST_FS_WALK_H
#define OUTPOST_FS_WALK_H

#include <stddef.h>
#include <sys/stat.h>

enum fs_kind {
	FS_FILE, /* or a device, a pipe, ... */
	FS_FOLDER,
	FS_LINK,
	FS_UNREADABLE, /* nothing is known of it, or for a folder: of what is in it */
};

struct fs_entry {
	const char *path;
	const char *below; /* its path within the folder; "" for the folder itself */
	const char *name;
	enum fs_kind kind;
	int level;             /* 0: the folder itself */
	const struct stat *st; /* of itself, also of a link; nothing where it is unreadable */
};

/* 0; FS_SKIP, for a folder that is not to be entered; or -errno, which ends the walk. */
typedef int (*fs_see)(const struct fs_entry *entry, void *arg);
#define FS_SKIP 1

enum fs_order {
	FS_FOLDER_FIRST,
	FS_FOLDER_LAST, /* after what is in it */
};

/*
 * Calls `see` for the folder and for each thing in it, in no order but that.
 * 0, what `see` returned to end it, or -errno where the folder cannot be read.
 * Logs nothing.
 */
int fs_walk(const char *dir, enum fs_order order, fs_see see, void *arg);

#endif
