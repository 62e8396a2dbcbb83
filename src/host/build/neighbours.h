/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Makefiles and sources reach outside their folder: "-I$(src)/../include", #include
 * "../../common/x.h", "../lib/list.o". Such files and folders, up to two levels up, appear at
 * the same place next to the copy: as links to the user's, or as copies if objects are built
 * in them.
 */
#ifndef OUTPOST_NEIGHBOURS_H
#define OUTPOST_NEIGHBOURS_H

#include <stdbool.h>

/*
 * `user` is the user's folder, `copy` its copy; the two folders above the copy are ours. With
 * `search`, searches the copy's files for references; else only updates existing copies. Sets
 * *changed if they changed; `stamp` is then removed, see mirror_update(). 0 or -errno, logged.
 */
int neighbours_update(const char *user, const char *copy, const char *stamp, bool search,
		      bool *changed);

/* Adds the user's files and folders that were found by the last search. */
void neighbours_list(const char *user, const char *copy, char ***paths);

#endif
