/* SPDX-License-Identifier: GPL-2.0-only */
/* Helpers for tsearch(3) with structs whose first member is `char *name`, sorted by that. */
#ifndef OUTPOST_NAME_TREE_H
#define OUTPOST_NAME_TREE_H

int name_tree_compare(const void *a, const void *b);

/* The struct with that name, or NULL. */
void *name_tree_find(void *tree, const char *name);

#endif
