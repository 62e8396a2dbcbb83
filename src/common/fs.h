/* SPDX-License-Identifier: GPL-2.0-only */
/* Files and folders. All return 0 (unless noted) or -errno, and log nothing. */
#ifndef OUTPOST_FS_H
#define OUTPOST_FS_H

#include "common/strbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Of what is no regular file where one is expected; log_reason() knows it. */
#define ENOTREGULAR EMEDIUMTYPE

/*
 * Opens a file for reading, without waiting for whom may be at the other end of a FIFO. -EISDIR or
 * -ENOTREGULAR if it is something else.
 */
int fs_open_regular(const char *path);

/* Appends the whole regular file to `out`; -EFBIG if it is longer than `max` bytes (0: no limit). */
int fs_read(const char *path, struct strbuf *out, size_t max);
int fs_read_fd(int fd, struct strbuf *out, size_t max);

/* As fs_read(), without the newlines at the end. */
int fs_read_trimmed(const char *path, struct strbuf *out, size_t max);

/* Replaces the file atomically: writes a new one beside it, syncs and renames it. */
int fs_write_atomic(const char *path, const void *data, size_t n, mode_t mode);

/* Removes what a killed fs_write_atomic() left beside the path. Nobody may be writing it now. */
void fs_remove_torn(const char *path);

/* Repeats write(2) until everything is written. */
int fs_write_all(int fd, const void *data, size_t n);

/* Writes to an existing file (a sysctl, for example); never creates one. */
int fs_write_existing(const char *path, const char *text);

int fs_mkdir_p(const char *path, mode_t mode);

/*
 * Makes the folder, and those above it, for this user alone; or checks one that exists: a
 * folder and no link, ours, and never writable by others (if they can only read it, they no
 * longer can). -EPERM if others may have put something into it.
 */
int fs_private_dir(const char *path);

/*
 * Removes a file or a whole folder; a missing one is not an error. Does not enter links or other
 * file systems, even if others change the folder meanwhile; -ELOOP if it is nested too deeply.
 */
int fs_remove_tree(const char *path);
int fs_remove_at(int dir, const char *name); /* `name` in the folder `dir` */

bool fs_exists(const char *path);
bool fs_is_there(const char *path); /* as fs_exists(), and also a link to nothing */
bool fs_is_dir(const char *path);

/*
 * Is `path` the folder `dir`, or inside it? Compares the names only: neither need exist, and
 * no link is followed. Both must be absolute, without ".." or a trailing slash, as from
 * realpath().
 */
bool fs_is_within(const char *path, const char *dir) __attribute__((pure));

/* Copies from the current position of `in` to its end. */
int fs_copy_data(int in, int out);

/* Copies content, mode and modification time; fs_copy_file() not the mode. */
int fs_copy(const char *from, const char *to);
int fs_copy_file(int in, int out);

/* Makes `path` a symbolic link to `target`; replaces a link or file. */
int fs_put_link(const char *path, const char *target);
bool fs_is_link_to(const char *path, const char *target);

/*
 * Adds the path of each file below `dir` whose name matches the pattern (fnmatch(3)) to
 * *found; links count as files. Skips what cannot be read.
 */
void fs_find(const char *dir, const char *pattern, char ***found);

/*
 * The names in a folder, sorted, without "." and "..": an array of strings ended by NULL; free
 * it with strv_free().
 */
int fs_list(const char *path, char ***names);
int fs_list_fd(int fd, char ***names); /* closes it */

#endif
