// SPDX-License-Identifier: GPL-2.0-only
#include "common/text.h"

/*
 * Not inline: where gcc knows the size it copies with "rep movs", and klog,
 * which copies many short titles, takes a third longer on them.
 */
bool text_copy(char *to, size_t size, struct text t)
{
	size_t n = t.n < size ? t.n : size - 1;

	memcpy(to, t.p, n);
	to[n] = '\0';
	return n == t.n;
}
