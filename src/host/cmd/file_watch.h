/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Waiting for a file of some sources to be saved: inotify(7) on their folders
 * and all below, also on those that are made later. What editors and git put
 * beside the files is not a save; a file that takes another's place by rename is.
 */
#ifndef OUTPOST_FILE_WATCH_H
#define OUTPOST_FILE_WATCH_H

#include <stdbool.h>

struct file_watch;

/* `paths`: folders, or single files. 0 or -errno, logged. */
int file_watch_open(char *const *paths, struct file_watch **saves);
void file_watch_close(struct file_watch *saves);

/* One more; nothing when it is there already, or below one that is. As file_watch_open(). */
int file_watch_add(struct file_watch *saves, const char *path);

/* For poll(): readable when something happened that file_watch_take() has to look at. */
int file_watch_fd(const struct file_watch *saves);

/*
 * Was something saved since the last call? A burst of saves (an editor's "save
 * all", a git checkout) is waited out, and is one. 1, 0, or -errno, logged, when
 * watching cannot go on.
 */
int file_watch_take(struct file_watch *saves);

/* Is that the name of a file that a person saves? */
bool file_watch_counts(const char *name);

#endif
