// SPDX-License-Identifier: GPL-2.0-only
#include "host/build/build.h"

#include "common/alloc.h"
#include "common/log.h"
#include "common/process.h"
#include "common/strv.h"
#include "host/build/compdb.h"
#include "host/build/kbuild.h"
#include "host/base/paths.h"
#include "host/base/trust.h"
#include "host/container/buildenv.h"
#include "host/build/tasks.h"

#include <errno.h>
#include <string.h>

static int check_cache_path(void)
{
	_cleanup_free_ char *path = path_cache("build", NULL);

	if (!strpbrk(path, " \t:'\"$#%"))
		return 0;
	log_error(
		"Cannot build in %s: the kernel's makefiles do not support blanks, colons, quotes "
		"or any of $#%% in a path",
		path);
	log_hint("Set XDG_CACHE_HOME to a folder without these in its path");
	return -EINVAL;
}

static int find_sources(const struct build_request *request, struct source_list *sources)
{
	int r = check_cache_path();

	return r < 0 ? r : sources_find_all(request->paths, sources);
}

int build_check_paths(char *const *paths)
{
	_cleanup_(source_list_release) struct source_list sources = { 0 };
	int r = sources_find_all(paths, &sources);

	sources_warn_skipped(&sources);
	return r;
}

static int check_sparse(const struct kernel_tree *tree)
{
	_cleanup_free_ char *sparse = path_program("sparse");
	bool in_container = tree->in_container;

	if (in_container ? buildenv_container_has(tree->env, "sparse") : sparse != NULL)
		return 0;
	log_error("--sparse requires sparse, which is not installed %s",
		  in_container ? "in the build container" : "here");
	log_hint(in_container ? "Run outpost container build to create an image that has it"
			      : "As root, run apt-get install sparse");
	return -ENOENT;
}

static int check_settings(const struct build_settings *settings, const struct kernel_tree *tree)
{
	int r = settings && settings->sparse ? check_sparse(tree) : 0;

	return r == 0 && settings && settings->clang ? kbuild_check_clang(tree) : r;
}

static int add_tree(struct tasks *t, const struct kernel_tree *tree)
{
	_cleanup_(source_list_release) struct source_list sources = { 0 };
	int r = find_sources(t->request, &sources);

	if (r == 0 && tree->in_container)
		r = buildenv_check(tree->env);
	if (r == 0)
		r = check_settings(t->request->settings, tree);
	if (r == 0)
		tasks_add(t, tree, &sources);
	return r;
}

static int require_trust(const struct buildenv *env, const char *source)
{
	_cleanup_free_ char *why = xasprintf("Building %s on this machine runs its makefiles, "
					     "which can do whatever you can",
					     source);

	return trust_require(buildenv_config(env), source, why,
			     "Or run outpost container build, to build in a container");
}

/*
 * On this machine, a makefile runs as the user. Also asks about units that were added because
 * another one depends on them: they may lie in another project. 0, -EPERM (logged) or -EINTR.
 */
static int require_trust_in_all(const struct tasks *t)
{
	int r = 0;

	for (size_t i = 0; i < t->n && r == 0; i++) {
		const struct unit *unit = &t->list[i].unit;

		if (!unit->tree->in_container && unit->source.kind != SOURCE_KO)
			r = require_trust(unit->tree->env, unit->source.path);
	}
	return r;
}

/*
 * Moves the modules into the lists. Not called after an interrupt: its results cannot be
 * trusted.
 */
static int take_modules(struct tasks *t, struct kernel_tree *const *trees, size_t n,
			struct module_list *lists)
{
	int r = 0;

	for (size_t i = 0; i < t->n; i++)
		for (size_t k = 0; k < n; k++)
			if (t->list[i].unit.tree == trees[k])
				module_list_take(&lists[k], &t->list[i].modules);
	for (size_t k = 0; k < n && r == 0; k++)
		r = module_list_order(&lists[k]);
	return r;
}

static void add_counts(struct build_counts *all, const struct build_counts *more)
{
	all->compiled += more->compiled;
	all->cached += more->cached;
	all->warnings += more->warnings;
}

int build_for(const struct build_request *request, struct kernel_tree *const *trees, size_t n,
	      struct module_list *lists)
{
	_cleanup_(tasks_release) struct tasks t = { .request = request };
	int r, not_one = 0;

	for (size_t i = 0; i < n; i++) {
		r = add_tree(&t, trees[i]);
		if (r < 0)
			not_one = r;
	}
	r = require_trust_in_all(&t);
	if (r == 0)
		r = tasks_run(&t);
	if (r == 0 && process_interrupted) /* not an error in the sources */
		r = -EINTR;
	if (request->counts)
		add_counts(request->counts, &t.counts);
	if (r == 0)
		r = take_modules(&t, trees, n, lists);
	return r < 0 ? r : not_one;
}

int build(const struct build_request *request, struct module_list *list)
{
	struct kernel_tree *tree = (struct kernel_tree *)request->tree;

	return build_for(request, &tree, 1, list);
}

int build_neighbours(char *const *paths, const char *tree, char ***files)
{
	_cleanup_(source_list_release) struct source_list sources = { 0 };
	int r = sources_find_all(paths, &sources);

	for (size_t i = 0; i < sources.n && r == 0; i++)
		unit_neighbours(sources.list[i].path, tree, files);
	return r;
}

int build_compile_commands(char *const *paths, const char *tree, const char *to)
{
	_cleanup_(source_list_release) struct source_list sources = { 0 };
	_cleanup_strv_ char **files = NULL;
	int r = sources_find_all(paths, &sources);

	if (r < 0)
		return r;
	for (size_t i = 0; i < sources.n; i++) {
		_cleanup_free_ char *dir = unit_dir(sources.list[i].path, tree);
		_cleanup_free_ char *file = path_join(dir, "compile_commands.json", NULL);

		strv_add(&files, file);
	}
	r = compdb_merge(files, to);
	return r < 0 ? log_error_errno(r, "Cannot write %s", to) : 0;
}
