/* SPDX-License-Identifier: GPL-2.0-only */
/* Finding out what a PATH of the command line is. */
#ifndef OUTPOST_SOURCES_H
#define OUTPOST_SOURCES_H

#include <stddef.h>

enum source_kind {
	SOURCE_KBUILD, /* a folder whose Kbuild or Makefile has obj-m */
	SOURCE_DKMS,   /* a folder with a dkms.conf, which says more than its Makefile */
	SOURCE_KO,     /* a module that was built elsewhere */
};

struct source {
	enum source_kind kind;
	char *path;      /* absolute, without links */
	char **provides; /* modules that its obj-m names, as far as can be seen; dashes are
			    underscores */
};

struct source_list {
	struct source *list;
	size_t n;
};

/*
 * Adds what `path` is to the list: itself, or for a folder of such folders
 * each of them, by name. One that is there already is not added again. 0 or
 * -errno, logged: it cannot be read, or there is nothing to build in it.
 */
int sources_find(const char *path, struct source_list *list);

/* Likewise for each of an array that may be NULL; the first error ends it. */
int sources_find_all(char *const *paths, struct source_list *list);

/* Their paths, for strv_free(). */
char **source_list_paths(const struct source_list *list);

/*
 * Adds the folder `name` that stands beside `path`, where there is one that
 * holds modules: 1, else 0. Logs nothing.
 */
int sources_find_beside(const char *path, const char *name, struct source_list *list);

void source_list_release(struct source_list *list);

/* The file in `folder` that make would read for its modules ("Kbuild" before "Makefile"); NULL:
 * none. */
char *sources_makefile(const char *folder);

#endif
