// SPDX-License-Identifier: GPL-2.0-only
/* Makes the plan from the modules of a request. */
#include "host/run/internal.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "common/strv.h"

#include <errno.h>
#include <string.h>

static int find_module(const struct run_request *q, const char *name)
{
	for (size_t i = 0; i < q->modules->n; i++)
		if (strcmp(q->modules->modules[i]->name, name) == 0)
			return (int)i;
	return -1;
}

struct needs {
	bool *seen; /* modules of the request */
	size_t *order;
	size_t n;
	char **in_tree;
};

/* Lists what a module needs, in load order. The module list is sorted, so there are no cycles. */
static void collect_needs(const struct run_request *q, size_t i, struct needs *needs);

static void collect_names(const struct run_request *q, size_t i, char *const *names,
			  struct needs *needs)
{
	strv_foreach (name, names) {
		_cleanup_free_ char *canonical = module_canonical_name(*name);
		int found = find_module(q, canonical);

		if (found == (int)i)
			continue;
		if (found < 0) {
			if (!strv_contains(needs->in_tree, canonical))
				strv_add(&needs->in_tree, canonical);
			continue;
		}
		if (needs->seen[found])
			continue;
		needs->seen[found] = true;
		collect_needs(q, (size_t)found, needs);
		needs->order[needs->n++] = (size_t)found;
	}
}

static void collect_needs(const struct run_request *q, size_t i, struct needs *needs)
{
	const struct module *m = q->modules->modules[i];

	collect_names(q, i, m->depends, needs);
	collect_names(q, i, m->test.depends, needs);
}

static int too_many(const struct module *m, const char *what, size_t most)
{
	log_error("%s has more than %zu %s, the most that a plan can hold", m->name, most, what);
	return -E2BIG;
}

/* As the kernel's license_is_gpl_compatible(): anything else sets taint P. */
static bool is_foreign(const char *license)
{
	static const char *const good[] = {
		"GPL",          "GPL v2",       "GPL and additional rights",
		"Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL"
	};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		if (strcmp(license, good[i]) == 0)
			return false;
	return true;
}

/* Does the board need the files of the modules? */
static bool has_files(const struct run_request *q)
{
	return q->purpose != outpost_Purpose_UNLOAD && q->purpose != outpost_Purpose_PROVE;
}

/*
 * Modules that others need come before them. If one of them has no .ko, the module cannot be
 * tested.
 */
static int set_needs(struct plan *plan, const struct run_request *q, size_t i,
		     outpost_PlanModule *p)
{
	const struct module *m = q->modules->modules[i];
	_cleanup_free_ bool *seen = xcalloc(q->modules->n, sizeof(*seen));
	_cleanup_free_ size_t *order = xcalloc(q->modules->n, sizeof(*order));
	struct needs needs = { .seen = seen, .order = order };
	_cleanup_strv_ char **in_tree = NULL;

	if (!has_files(q))
		return 0;
	collect_needs(q, i, &needs);
	in_tree = needs.in_tree;
	if (needs.n > ARRAY_SIZE(p->needs))
		return too_many(m, "modules that it needs", ARRAY_SIZE(p->needs));
	if (strv_length(in_tree) > ARRAY_SIZE(p->in_tree))
		return too_many(m, "in-tree modules that it needs", ARRAY_SIZE(p->in_tree));
	for (size_t k = 0; k < needs.n; k++) {
		int index = plan->index[needs.order[k]];

		if (index < 0) {
			plan->why[i] = xasprintf("needs %s, which could not be built",
						 q->modules->modules[needs.order[k]]->name);
			return 0;
		}
		p->needs[p->needs_count++] = (uint32_t)index;
	}
	strv_foreach (name, in_tree) {
		proto_set(p->in_tree[p->in_tree_count], *name);
		p->in_tree_count++;
	}
	return 0;
}

static int copy_strings(const struct module *m, const char *what, char *to, size_t size,
			size_t most, char *const *from, pb_size_t *count)
{
	if (strv_length(from) > most)
		return too_many(m, what, most);
	strv_foreach (s, from) {
		if (strlen(*s) >= size) {
			log_error("%s: too long for a plan (at most %zu bytes): %s", m->name,
				  size - 1, *s);
			return -E2BIG;
		}
		proto_copy(to + size * (*count)++, size, *s);
	}
	return 0;
}

static int add_files(struct deploy *deploy, const struct module *m, outpost_PlanModule *p)
{
	_cleanup_free_ char *key = xasprintf("%s test", m->name);
	const char *slash;
	int r = deploy_add(deploy, m->name, m->stripped, p->hash.bytes);

	p->hash.size = HASH_SIZE;
	if (r < 0 || !m->test_program)
		return r;
	slash = strrchr(m->test_program, '/');
	proto_set(p->program_name, slash ? slash + 1 : m->test_program);
	p->program.size = HASH_SIZE;
	return deploy_add(deploy, key, m->test_program, p->program.bytes);
}

static int set_config(const struct run_request *q, const struct module *m, outpost_PlanModule *p)
{
	const struct test_config *t = &m->test;
	const char *params = q->params ? q->params : t->params ? t->params : "";
	int r;

	if (strlen(params) >= sizeof(p->params)) {
		log_error("%s: its parameters are too long (at most %zu bytes)", m->name,
			  sizeof(p->params) - 1);
		return -E2BIG;
	}
	proto_set(p->params, params);
	proto_set(p->skip, t->skip && q->purpose == outpost_Purpose_TEST ? t->skip : "");
	p->load_ms = (uint32_t)(q->limit_ms ? q->limit_ms : t->load_timeout_ms);
	p->test_ms = (uint32_t)(q->limit_ms ? q->limit_ms : t->test_timeout_ms);
	p->unload_ms = (uint32_t)(q->limit_ms ? q->limit_ms : t->unload_timeout_ms);
	p->settle_ms = (uint32_t)t->settle_ms;
	r = copy_strings(m, "arguments", p->args[0], sizeof(p->args[0]), ARRAY_SIZE(p->args),
			 t->args, &p->args_count);
	if (r == 0 && q->purpose == outpost_Purpose_TEST)
		r = copy_strings(m, "log lines", p->log_lines[0], sizeof(p->log_lines[0]),
				 ARRAY_SIZE(p->log_lines), t->log_lines, &p->log_lines_count);
	return r;
}

static int add_module(struct plan *plan, const struct run_request *q, struct deploy *deploy,
		      size_t i)
{
	const struct module *m = q->modules->modules[i];
	outpost_PlanModule *p = &plan->modules[plan->n];
	int r = set_needs(plan, q, i, p);

	if (r < 0 || plan->why[i])
		return r;
	p->index = (uint32_t)plan->n;
	proto_set(p->name, m->name);
	r = set_config(q, m, p);
	if (r == 0 && has_files(q)) {
		r = add_files(deploy, m, p);
		p->foreign_licence = is_foreign(m->license);
		p->staging = m->staging;
		proto_set(p->build_id, m->build_id);
		proto_set(p->srcversion, m->srcversion);
	}
	plan->index[i] = (int)plan->n++;
	return r;
}

int plan_make(struct plan *plan, const struct run_request *q, struct deploy *deploy)
{
	size_t n = q->modules->n;

	*plan = (struct plan){
		.n_asked = n,
		.modules = xcalloc(n + 1, sizeof(*plan->modules)),
		.index = xcalloc(n + 1, sizeof(*plan->index)),
		.why = xcalloc(n + 1, sizeof(*plan->why)),
	};
	for (size_t i = 0; i < n; i++) {
		int r = 0;

		plan->index[i] = -1;
		if (!q->modules->modules[i]->error)
			r = add_module(plan, q, deploy, i);
		if (r < 0)
			return r;
	}
	if (plan->n > ARRAY_SIZE(((outpost_Start *)0)->indices)) {
		log_error("%zu modules are too many for one run (at most %zu)", plan->n,
			  ARRAY_SIZE(((outpost_Start *)0)->indices));
		return -E2BIG;
	}
	return 0;
}

void plan_adopt(struct plan *plan, const struct evidence_list *list)
{
	size_t n = list->n_modules;

	*plan = (struct plan){
		.n = n,
		.n_asked = n,
		.modules = xcalloc(n, sizeof(*plan->modules)),
		.index = xcalloc(n, sizeof(*plan->index)),
		.why = xcalloc(n, sizeof(*plan->why)),
	};
	for (size_t i = 0; i < n; i++) {
		plan->modules[i] = list->modules[i];
		plan->index[i] = (int)i;
	}
}

void plan_release(struct plan *plan)
{
	for (size_t i = 0; i < plan->n_asked; i++)
		free(plan->why[i]);
	free(plan->modules);
	free(plan->index);
	free(plan->why);
}

int plan_needs_any(const struct plan *plan, size_t a, const bool *marked)
{
	const outpost_PlanModule *p = &plan->modules[a];

	for (pb_size_t k = 0; k < p->needs_count; k++)
		if (p->needs[k] < plan->n && marked[p->needs[k]])
			return (int)p->needs[k];
	return -1;
}
