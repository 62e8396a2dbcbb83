// SPDX-License-Identifier: GPL-2.0-only
#include "host/base/name_tree.h"

#include <search.h>
#include <string.h>

int name_tree_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void *name_tree_find(void *tree, const char *name)
{
	void *const *node = tfind(&name, &tree, name_tree_compare);

	return node ? *node : NULL;
}
