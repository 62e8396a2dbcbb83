/* SPDX-License-Identifier: GPL-2.0-only */
/* Orders items so that each follows those it needs. */
#ifndef OUTPOST_ORDER_H
#define OUTPOST_ORDER_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Fills order[0..n-1] with the numbers 0..n-1 so that i follows every j with needs(i, j);
 * otherwise smaller numbers come first. needs(i, i) is not called. If there is a cycle:
 * -ELOOP, and order[0..*n_cycle-1] has one, in which each item needs the next and the last
 * needs the first.
 */
int order_by_needs(size_t n, bool (*needs)(size_t i, size_t j, void *arg), void *arg, size_t *order,
		   size_t *n_cycle);

#endif
