// SPDX-License-Identifier: GPL-2.0-only
#include "host/module/order.h"

#include "common/alloc.h"
#include "common/cleanup.h"

#include <errno.h>
#include <string.h>

enum mark { NEW, OPEN, DONE };

struct walk {
	size_t n;
	bool (*needs)(size_t i, size_t j, void *arg);
	void *arg;
	enum mark *marks;
	size_t *path; /* open items, from the first visited to the current */
	size_t depth;
	size_t *order;
	size_t n_done;
};

static int visit(struct walk *w, size_t i)
{
	w->marks[i] = OPEN;
	w->path[w->depth++] = i;
	for (size_t j = 0; j < w->n; j++) {
		int r = 0;

		if (j == i || w->marks[j] == DONE || !w->needs(i, j, w->arg))
			continue;
		if (w->marks[j] == OPEN) {
			w->path[w->depth] = j; /* closes the cycle */
			return -ELOOP;
		}
		r = visit(w, j);
		if (r < 0)
			return r;
	}
	w->depth--;
	w->marks[i] = DONE;
	w->order[w->n_done++] = i;
	return 0;
}

static size_t copy_cycle(const struct walk *w)
{
	size_t first = 0;

	while (w->path[first] != w->path[w->depth])
		first++;
	memcpy(w->order, w->path + first, (w->depth - first) * sizeof(size_t));
	return w->depth - first;
}

int order_by_needs(size_t n, bool (*needs)(size_t i, size_t j, void *arg), void *arg, size_t *order,
		   size_t *n_cycle)
{
	_cleanup_free_ enum mark *marks = xcalloc(n + 1, sizeof(*marks));
	_cleanup_free_ size_t *path = xcalloc(n + 1, sizeof(*path));
	struct walk w = {
		.n = n,
		.needs = needs,
		.arg = arg,
		.marks = marks,
		.path = path,
		.order = order,
	};

	*n_cycle = 0;
	for (size_t i = 0; i < n; i++) {
		int r = w.marks[i] == NEW ? visit(&w, i) : 0;

		if (r < 0) {
			*n_cycle = copy_cycle(&w);
			return r;
		}
	}
	return 0;
}
