/* SPDX-License-Identifier: GPL-2.0-only */
/* Arrays of strings, ended by NULL. A NULL array is empty. */
#ifndef OUTPOST_STRV_H
#define OUTPOST_STRV_H

#include <stdbool.h>
#include <stddef.h>

void strv_free(char **strv);
size_t strv_length(char *const *strv);
/* Adds a copy of `s`. */
void strv_add(char ***strv, const char *s);
bool strv_contains(char *const *strv, const char *s);

#define strv_foreach(s, strv) for (char *const *s = (strv); s && *s; s++)

static inline void strv_freep(char ***strv)
{
	strv_free(*strv);
}
#define _cleanup_strv_ __attribute__((cleanup(strv_freep)))

#endif
