/* SPDX-License-Identifier: GPL-2.0-only */
/* Walks a folder and its subfolders. Does not follow links or enter other mounts. */
#ifndef OUTPOST_FS_WALK_H
#define OUTPOST_FS_WALK_H

#include <stddef.h>
#include <sys/stat.h>

enum fs_kind {
	FS_FILE, /* or a device, a pipe and so on */
	FS_FOLDER,
	FS_LINK,
	FS_UNREADABLE, /* nothing is known about it or, for a folder, about its content */
};

struct fs_entry {
	const char *path;
	const char *below; /* its path relative to the folder; "" for the folder itself */
	const char *name;
	enum fs_kind kind;
	int level;             /* 0: the folder itself */
	const struct stat *st; /* of the object itself, even if it is a link; unset if unreadable */
};

/* 0; FS_SKIP, to not enter a folder; or -errno, which ends the walk. */
typedef int (*fs_see)(const struct fs_entry *entry, void *arg);
#define FS_SKIP 1

enum fs_order {
	FS_FOLDER_FIRST,
	FS_FOLDER_LAST, /* after its content */
};

/*
 * Calls `see` for the folder and everything in it, in no other order. 0, what `see` returned
 * to end the walk, or -errno if the folder cannot be read. Logs nothing.
 */
int fs_walk(const char *dir, enum fs_order order, fs_see see, void *arg);

#endif
