/* SPDX-License-Identifier: GPL-2.0-only */
/* Putting things in an order in which each stands after those it needs. */
#ifndef OUTPOST_ORDER_H
#define OUTPOST_ORDER_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Fills order[0..n-1] with the numbers 0..n-1 so that i stands after every j
 * with needs(i, j); otherwise the smaller number stands first. needs(i, i) is
 * not asked. Where there is a circle: -ELOOP, and order[0..*n_cycle-1] holds
 * one, each needing the next and the last the first.
 */
int order_by_needs(size_t n, bool (*needs)(size_t i, size_t j, void *arg), void *arg, size_t *order,
		   size_t *n_cycle);

#endif
