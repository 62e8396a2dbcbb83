// SPDX-License-Identifier: GPL-2.0-only
/* Adds the units to build, and those that they depend on. */
#include "host/build/tasks.h"

#include "common/alloc.h"
#include "common/log.h"
#include "common/strv.h"

static void add_task(struct tasks *t, const struct kernel_tree *tree, struct source *source)
{
	struct task *task;

	GROW(t->list, t->n);
	task = &t->list[t->n++];
	*task = (struct task){ .lock = -1, .link_lock = -1, .pidfd = -1 };
	unit_prepare(&task->unit, source, tree);
	task->unit.settings = t->request->settings;
}

static bool is_provided(const struct tasks *t, const struct kernel_tree *tree, const char *name)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->list[i].unit.tree == tree && strv_contains(t->list[i].unit.provides, name))
			return true;
	return false;
}

/* Adds units in folders next to this unit's that it depends on, if they were not requested. */
static void add_wanted(struct tasks *t, size_t i)
{
	_cleanup_(source_list_release) struct source_list found = { 0 };
	const struct unit *unit = &t->list[i].unit;
	const struct kernel_tree *tree = unit->tree;

	strv_foreach (name, unit->wants)
		if (!is_provided(t, tree, *name) &&
		    sources_find_beside(unit->source.path, *name, &found) > 0)
			log_info("%s depends on %s; building that, too", unit->shown, *name);
	for (size_t k = 0; k < found.n; k++)
		add_task(t, tree, &found.list[k]);
}

void tasks_add(struct tasks *t, const struct kernel_tree *tree, struct source_list *sources)
{
	size_t first = t->n;

	t->n_trees++;
	for (size_t i = 0; i < sources->n; i++)
		add_task(t, tree, &sources->list[i]);
	for (size_t i = first; i < t->n; i++) /* the list may grow */
		add_wanted(t, i);
}
