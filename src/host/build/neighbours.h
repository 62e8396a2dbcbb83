/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Makefiles and sources reach beside their folder: "-I$(src)/../include",
 * #include "../../common/x.h", "../lib/list.o". So that the copy finds them,
 * what is named like that, up to two levels up, stands in the same place
 * beside the copy: as a link to the user's, or, where objects are made in it,
 * as a copy too.
 */
#ifndef OUTPOST_NEIGHBOURS_H
#define OUTPOST_NEIGHBOURS_H

#include <stdbool.h>

/*
 * `user` is the user's folder, `copy` its copy, two folders below which is
 * ours. With `search` the copy's files are searched again; otherwise only the copies
 * made before are brought up to date. *changed is set when they changed; `stamp` is gone
 * then, see mirror_update(). 0 or -errno, logged.
 */
int neighbours_update(const char *user, const char *copy, const char *stamp, bool search,
		      bool *changed);

/* Where in the user's folders they are; those that were found when the copy was last brought up to
 * date. */
void neighbours_list(const char *user, const char *copy, char ***paths);

#endif
