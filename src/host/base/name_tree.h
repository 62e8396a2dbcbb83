/* SPDX-License-Identifier: GPL-2.0-only */
/* For tsearch(3): structs of any kind whose first member is `char *name`, by that name. */
#ifndef OUTPOST_NAME_TREE_H
#define OUTPOST_NAME_TREE_H

int name_tree_compare(const void *a, const void *b);

/* The one of that name, or NULL. */
void *name_tree_find(void *tree, const char *name);

#endif
