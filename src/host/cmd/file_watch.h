/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Waiting for a file of some sources to be saved: inotify(7) on their folders
 * and all below, also on those that are made later. What editors and git put
 * beside the files is no save; a file that takes another's place by rename is.
 */
#ifndef OUTPOST_SAVES_H
#define OUTPOST_SAVES_H

#include <stdbool.h>

struct saves;

/* `paths`: folders, or single files. 0 or -errno, said. */
int saves_open(char *const *paths, struct saves **saves);
void saves_close(struct saves *saves);

/* One more; nothing when it is there already, or below one that is. As saves_open(). */
int saves_add(struct saves *saves, const char *path);

/* For poll(): readable when something happened that saves_take() has to look at. */
int saves_fd(const struct saves *saves);

/*
 * Was something saved since the last call? A burst of saves (an editor's "save
 * all", a git checkout) is waited out, and is one. 1, 0, or -errno, said, when
 * watching cannot go on.
 */
int saves_take(struct saves *saves);

/* Is that the name of a file that a person saves? */
bool saves_counts(const char *name);

#endif
