/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What make left in a copy. An object whose source is gone needs no rule: make
 * takes it as it is, and links it. So when more changed than the text of C files,
 * which kbuild itself compares, everything goes that a fresh copy would not have;
 * only objects stay that kbuild's own rule would make again from the same source.
 */
#ifndef OUTPOST_PRODUCTS_H
#define OUTPOST_PRODUCTS_H

#include "host/build/inventory.h"

#include <stdbool.h>

/* What happened to the sources. */
struct products_change {
	bool any;     /* something that kbuild does not compare */
	char **names; /* last components of what came, went, or is not C: objects that saw one of
			 these, or could see it now, go too */
};

/* A path came, went, or is another kind of thing than before. */
void products_note_path(struct products_change *change, const char *path);

/* A file has other content, or other rights. */
void products_note_content(struct products_change *change, const char *path);

void products_change_release(struct products_change *change);

/* Brings what make left in `copy`, whose sources are these (sorted), in line. 0 or -errno, logged. */
int products_drop(const char *copy, const struct inventory *sources,
		  struct products_change *change);

#endif
