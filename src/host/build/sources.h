/* SPDX-License-Identifier: GPL-2.0-only */
/* Finds the sources that a PATH on the command line refers to. */
#ifndef OUTPOST_SOURCES_H
#define OUTPOST_SOURCES_H

#include <stddef.h>

enum source_kind {
	SOURCE_KBUILD, /* a folder whose Kbuild or Makefile has obj-m */
	SOURCE_DKMS,   /* a folder with a dkms.conf, which takes precedence over its Makefile */
	SOURCE_KO,     /* a prebuilt module */
};

struct source {
	enum source_kind kind;
	char *path;      /* absolute, symbolic links resolved */
	char **provides; /* modules in its obj-m, as far as can be seen; underscores for dashes */
};

struct source_list {
	struct source *list;
	size_t n;
	char **skipped; /* subfolders with the source of a module, but nothing to build */
};

/*
 * Adds `path` to the list, or if it is a folder of source folders, each of them, sorted by
 * name. Skips those that are in the list. 0 or -errno (logged) if the path cannot be read or
 * has nothing to build.
 */
int sources_find(const char *path, struct source_list *list);

/* As sources_find(), for each element of an array, which may be NULL. Stops at the first error. */
int sources_find_all(char *const *paths, struct source_list *list);

/* Warns of the skipped ones: a misspelt obj-m would go unnoticed among others. */
void sources_warn_skipped(const struct source_list *list);

/*
 * Adds the folder `name` next to `path`, if it exists and contains modules. Returns 1 if
 * added, else 0. Logs nothing.
 */
int sources_find_beside(const char *path, const char *name, struct source_list *list);

void source_list_release(struct source_list *list);

/*
 * The file in `folder` in which make looks for modules ("Kbuild" before "Makefile"), or NULL.
 * The caller frees it.
 */
char *sources_makefile(const char *folder);

#endif
