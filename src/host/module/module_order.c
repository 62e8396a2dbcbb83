// SPDX-License-Identifier: GPL-2.0-only
#include "host/module/module.h"

#include "common/alloc.h"
#include "common/log.h"
#include "common/strbuf.h"
#include "common/strv.h"
#include "host/module/order.h"

#include <errno.h>
#include <string.h>

static bool names_module(char *const *names, const char *module)
{
	strv_foreach (name, names) {
		_cleanup_free_ char *canonical = module_canonical_name(*name);

		if (strcmp(canonical, module) == 0)
			return true;
	}
	return false;
}

static bool needs(size_t i, size_t j, void *arg)
{
	const struct module_list *list = arg;
	const struct module *module = list->modules[i];
	const char *other = list->modules[j]->name;

	return names_module(module->depends, other) || names_module(module->test.depends, other);
}

static int say_cycle(const struct module_list *list, const size_t *cycle, size_t n)
{
	_cleanup_(strbuf_release) struct strbuf names = STRBUF_INIT;

	for (size_t i = 0; i < n; i++)
		strbuf_addf(&names, "%s -> ", list->modules[cycle[i]]->name);
	log_error("Circular dependency between modules: %s%s", names.buf,
		  list->modules[cycle[0]]->name);
	log_hint("Check 'depends' in test.conf, and which modules use each other's "
		 "symbols");
	return -ELOOP;
}

int module_list_order(struct module_list *list)
{
	_cleanup_free_ size_t *order = xcalloc(list->n + 1, sizeof(*order));
	_cleanup_free_ struct module **sorted = xcalloc(list->n + 1, sizeof(struct module *));
	size_t n_cycle;
	int r = order_by_needs(list->n, needs, list, order, &n_cycle);

	if (r < 0)
		return say_cycle(list, order, n_cycle);
	for (size_t i = 0; i < list->n; i++)
		sorted[i] = list->modules[order[i]];
	if (list->n)
		memcpy(list->modules, sorted, list->n * sizeof(struct module *));
	return 0;
}
