/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files below a folder that somebody else may change at any time, such as a build in the
 * container. `root` is a descriptor of that folder; a name is relative to it. The kernel looks
 * it up (openat2(2) with RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS): a name that leads out of the
 * folder fails with -EXDEV, one that has a symbolic link in it with -ELOOP or -ENOTDIR, whatever
 * happens to the folder meanwhile. All return 0 (unless noted) or -errno, and log nothing.
 */
#ifndef OUTPOST_BENEATH_H
#define OUTPOST_BENEATH_H

#include "common/strbuf.h"

#include <stdbool.h>
#include <sys/stat.h>

/* Opens such a folder, which must not be a link. Returns the descriptor. */
int beneath_root(const char *path);

/* As open(2). Returns the descriptor. */
int beneath_open(int root, const char *name, int flags, mode_t mode);

/* As beneath_open() for an existing file, and follows links that stay below the folder. */
int beneath_follow(int root, const char *name, int flags);

/* Is there anything of that name; what it is, for a link the link itself. */
bool beneath_exists(int root, const char *name);
int beneath_stat(int root, const char *name, struct stat *st);

/*
 * Appends a file, at most `max` bytes (0: no limit, else -EFBIG), to `out`. -EINVAL if it is
 * not a regular file: opening others may wait forever, or do something. beneath_read_linked()
 * follows links that stay below the folder.
 */
int beneath_read(int root, const char *name, struct strbuf *out, size_t max);
int beneath_read_linked(int root, const char *name, struct strbuf *out, size_t max);

/* Replace whatever file or link is there; beneath_create() returns a descriptor for writing. */
int beneath_create(int root, const char *name, mode_t mode);
int beneath_write(int root, const char *name, const void *data, size_t n, mode_t mode);
int beneath_put_link(int root, const char *name, const char *target);

int beneath_mkdir_p(int root, const char *name, mode_t mode);

/* As fs_remove_tree(). */
int beneath_remove(int root, const char *name);

/*
 * Copy a file into and out of the folder, with its time; both replace what is there.
 * beneath_copy_out() follows links that stay below the folder, and makes a file of mode 0600;
 * -EFBIG for one of more than 1 GiB, which may consist of a hole.
 */
int beneath_copy_in(int root, const char *name, const char *from);
int beneath_copy_out(int root, const char *name, const char *to);

/* As fs_list() for the folder `name` ("": the root). */
int beneath_list(int root, const char *name, char ***names);

/*
 * The files below the folder `dir` whose name matches the pattern (fnmatch(3)), relative to the
 * root; links count as files. Skips what cannot be read. strv_free() the list.
 */
char **beneath_find(int root, const char *dir, const char *pattern);

#endif
