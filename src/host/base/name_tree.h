/* SPDX-License-Identifier: GPL-2.0-only */
/* For tsearch(3): structs of any kind whose first member is `char *name`, by that name. */
#ifndef OUTPOST_NAMED_H
#define OUTPOST_NAMED_H

int named_compare(const void *a, const void *b);

/* The one of that name, or NULL. */
void *named_find(void *tree, const char *name);

#endif
