// SPDX-License-Identifier: GPL-2.0-only
#include "common/strv.h"

#include "common/alloc.h"

#include <stdlib.h>
#include <string.h>

void strv_free(char **strv)
{
	strv_foreach (s, strv)
		free(*s);
	free(strv);
}

size_t strv_length(char *const *strv)
{
	size_t n = 0;

	strv_foreach (s, strv)
		n++;
	return n;
}

void strv_add(char ***strv, const char *s)
{
	size_t n = strv_length(*strv);

	*strv = xreallocarray(*strv, n + 2, sizeof(**strv));
	(*strv)[n] = xstrdup(s);
	(*strv)[n + 1] = NULL;
}

bool strv_contains(char *const *strv, const char *s)
{
	strv_foreach (each, strv)
		if (strcmp(*each, s) == 0)
			return true;
	return false;
}
