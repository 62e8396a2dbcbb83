// SPDX-License-Identifier: GPL-2.0-only
#include "common/text.h"

/*
 * Not inline: with a known size gcc copies with "rep movs", which makes klog a third slower,
 * because it copies many short titles.
 */
bool text_copy(char *to, size_t size, struct text t)
{
	size_t n = t.n < size ? t.n : size - 1;

	memcpy(to, t.p, n);
	to[n] = '\0';
	return n == t.n;
}
