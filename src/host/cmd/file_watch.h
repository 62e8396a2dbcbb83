/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Waits for source files to be saved, with inotify(7) on their folders and all subfolders,
 * including those created later. Temporary files of editors and git do not count as saves; a
 * file that replaces another by rename does.
 */
#ifndef OUTPOST_FILE_WATCH_H
#define OUTPOST_FILE_WATCH_H

#include <stdbool.h>

struct file_watch;

/* `paths`: folders or single files. 0 or -errno, logged. */
int file_watch_open(char *const *paths, struct file_watch **saves);
void file_watch_close(struct file_watch *saves);

/* Adds a path, unless it or a folder above it is watched already. 0 or -errno, logged. */
int file_watch_add(struct file_watch *saves, const char *path);

/* For poll(): readable when file_watch_take() has something to look at. */
int file_watch_fd(const struct file_watch *saves);

/*
 * Was anything saved since the last call? Waits for the end of a burst of saves (an editor's
 * "save all", a git checkout), which counts as one. 1, 0, or -errno (logged) when watching
 * failed.
 */
int file_watch_take(struct file_watch *saves);

/* Is this the name of a file that a person saves? */
bool file_watch_counts(const char *name);

#endif
