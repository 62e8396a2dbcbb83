/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Allocation that does not fail: without memory the program prints an error and exits with
 * status 3. The supervisor allocates nothing after it has armed the board, so that the OOM
 * killer at work is evidence and not its end. Free the results with free().
 */
#ifndef OUTPOST_ALLOC_H
#define OUTPOST_ALLOC_H

#include <stddef.h>

void *xmalloc(size_t n) __attribute__((malloc, returns_nonnull));
void *xcalloc(size_t n, size_t size) __attribute__((malloc, returns_nonnull));
void *xreallocarray(void *p, size_t n, size_t size) __attribute__((returns_nonnull));
char *xstrdup(const char *s) __attribute__((malloc, returns_nonnull));
char *xstrndup(const char *s, size_t n) __attribute__((malloc, returns_nonnull));
char *xasprintf(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), malloc, returns_nonnull));

/* Makes room for one more element in the array `p` of `n` elements; the capacity doubles. */
#define GROW(p, n)                                                                         \
	do {                                                                               \
		size_t grow_n_ = (n);                                                      \
		if ((grow_n_ & (grow_n_ - 1)) == 0) /* 0 or a power of two: full */        \
			(p) = xreallocarray((p), grow_n_ ? grow_n_ * 2 : 1, sizeof(*(p))); \
	} while (0)

#endif
