/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Removes outdated files that make left in a copy. make needs no rule for an object whose
 * source is gone: it takes the object as it is, and links it. So if more changed than the text
 * of C files, which kbuild compares itself, everything is removed that a fresh copy would not
 * have, except objects that kbuild's own rule would make from the same source.
 */
#ifndef OUTPOST_PRODUCTS_H
#define OUTPOST_PRODUCTS_H

#include "host/build/inventory.h"

#include <stdbool.h>

/* Changes of the sources. */
struct products_change {
	bool any;     /* a change that kbuild does not notice */
	bool all;     /* nothing stays */
	char **names; /* of what came, went, or is not C: objects that use one go, too */
};

/* A path was added, removed, or changed its type. */
void products_note_path(struct products_change *change, const char *path);

/* The content or permissions of a file changed. */
void products_note_content(struct products_change *change, const char *path);

void products_change_release(struct products_change *change);

/*
 * Removes outdated files from the folder with the descriptor `copy`, whose (sorted) sources are
 * given. 0 or -errno, logged.
 */
int products_drop(int copy, const struct inventory *sources, struct products_change *change);

#endif
