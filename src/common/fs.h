/* SPDX-License-Identifier: GPL-2.0-only */
/* Files and folders. All return 0 (or the value described) or -errno, and say nothing. */
#ifndef OUTPOST_FS_H
#define OUTPOST_FS_H

#include "common/strbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Appends the whole file to `out`; -EFBIG when it is longer than `max` bytes (0: no limit). */
int fs_read(const char *path, struct strbuf *out, size_t max);

/* One small file of the kernel's (/proc, /sys), without the newline at its end. */
int fs_read_line(const char *path, struct strbuf *out);

/* Replaces the file as a whole: written beside it, synced, renamed. */
int fs_write_atomic(const char *path, const void *data, size_t n, mode_t mode);

/* write(2) until all is written. */
int fs_write_all(int fd, const void *data, size_t n);

/* Writes into a file that exists (a sysctl, say); never creates one. */
int fs_write_existing(const char *path, const char *text);

int fs_mkdir_p(const char *path, mode_t mode);

/* Removes a file or a whole folder; nothing there is no error. Does not follow links nor cross into
 * mounts. */
int fs_remove_tree(const char *path);

bool fs_exists(const char *path);
bool fs_is_dir(const char *path);

/* Is `path` the folder `dir`, or in it? By their names alone: neither need exist, no link is
 * followed. Both absolute, as realpath() gives them: without "..", nor a slash at the end. */
bool path_is_within(const char *path, const char *dir) __attribute__((pure));

/* Copies what is still to be read from `in`. */
int fs_copy_data(int in, int out);

/* Copies content, mode and modification time. */
int fs_copy(const char *from, const char *to);

/* Makes `path` a link that says `target`, in place of another one or of a file. */
int fs_put_link(const char *path, const char *target);
bool fs_is_link_to(const char *path, const char *target);

/* Adds the path of each file below `dir` whose name fits the pattern (fnmatch(3)) to *found; links
 * are files. What cannot be read is left out. */
void fs_find(const char *dir, const char *pattern, char ***found);

/* Names in a folder, sorted, without "." and "..": an array of strings ended by NULL, freed with
 * strv_free(). */
int fs_list(const char *path, char ***names);

#endif
