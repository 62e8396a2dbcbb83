// SPDX-License-Identifier: GPL-2.0-only
#include "host/build/outside.h"

#include "common/alloc.h"
#include "common/beneath.h"
#include "common/cleanup.h"
#include "common/strv.h"
#include "host/base/paths.h"
#include "host/build/compdb.h"
#include "host/build/neighbours.h"

#include <fcntl.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

static bool is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return strncmp(path, dir, n) == 0 && path[n] == '/';
}

bool outside_tree_can_change(const struct kernel_tree *tree)
{
	return strcmp(tree->source, "path") == 0;
}

static bool is_in_tree(const struct kernel_tree *tree, const char *path)
{
	return is_below(path, tree->root) || is_below(path, tree->build);
}

/* Files that come with compilers, which are checked themselves. */
static bool is_of_tools(const char *path)
{
	return is_below(path, "/usr/lib") || is_below(path, "/usr/include");
}

struct deps {
	const struct unit *unit;
	int copy;
	struct neighbours neighbours;
	char **files;
	size_t n;
	void *tree; /* the same, for tsearch(3): a build may name as many files as it likes */
};

static bool is_plain_relative(const char *path)
{
	return *path != '/' && strncmp(path, "../", 3) != 0;
}

/* The path of something in work/, below it; NULL if it is elsewhere. Looks at names only. */
static char *below_work(const struct unit *unit, const char *path)
{
	_cleanup_free_ char *plain = path_normalise(path);
	const char *const dirs[] = { unit->work, unit->link };

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		if (dirs[i] && is_below(plain, dirs[i]))
			return xstrdup(plain + strlen(dirs[i]) + 1);
	return NULL;
}

/*
 * The user's file, or that of another program, that a name in a list of dependencies stands for;
 * NULL for files in the copy and in copies next to it, which the mirror compares. Relative names
 * are in the kernel tree, or since 6.13 in the copy or next to it.
 */
static char *find_dep(const struct deps *deps, const char *path)
{
	const struct unit *unit = deps->unit;
	_cleanup_free_ char *in_copy = path_join(unit->copy, path, NULL), *in_work = NULL,
			    *in_tree = NULL, *users = NULL;

	if (is_plain_relative(path) && beneath_exists(deps->copy, path))
		return NULL;
	in_work = is_plain_relative(path) ? NULL : below_work(unit, *path == '/' ? path : in_copy);
	if (in_work)
		users = neighbours_resolve(&deps->neighbours, unit->source.path,
					   unit_below_work(unit, unit->copy), in_work);
	if (in_work && (users || *path == '/'))
		return users ? realpath(users, NULL) : NULL;
	in_tree = *path == '/' ? xstrdup(path) : path_join(unit->tree->build, path, NULL);
	return realpath(in_tree, NULL);
}

static int compare_paths(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void keep_path(void *path)
{
	(void)path; /* it is in the list, too */
}

static void take_dep(const char *path, void *arg)
{
	struct deps *deps = arg;
	const struct kernel_tree *tree = deps->unit->tree;
	bool tree_counts = outside_tree_can_change(tree);
	_cleanup_free_ char *real = NULL;

	if (!tree_counts && (is_in_tree(tree, path) || is_plain_relative(path)))
		return; /* most files */
	real = find_dep(deps, path);
	if (!real || is_below(real, deps->unit->work))
		return;
	if (is_in_tree(tree, real) ? !tree_counts : is_of_tools(real))
		return;
	if (tfind(real, &deps->tree, compare_paths))
		return;
	tsearch(real, &deps->tree, compare_paths);
	GROW(deps->files, deps->n);
	deps->files[deps->n++] = TAKE_PTR(real);
}

int outside_open_copy(const struct unit *unit, const struct neighbour *neighbour)
{
	_cleanup_close_ int work = unit_open_work(unit);
	_cleanup_free_ char *place = neighbours_place(neighbour, unit_below_work(unit, unit->copy));

	return work < 0 ? work : beneath_open(work, place, O_PATH | O_DIRECTORY, 0);
}

static void take_deps_beside(struct deps *deps, const struct neighbour *neighbour)
{
	_cleanup_close_ int copy = outside_open_copy(deps->unit, neighbour);

	if (copy >= 0)
		compdb_each_dep(copy, take_dep, deps);
}

char **outside_files(const struct unit *unit)
{
	_cleanup_close_ int copy = unit_open_copy(unit);
	struct deps deps = { .unit = unit, .copy = copy };

	if (copy < 0)
		return NULL;
	neighbours_read(unit->dir, &deps.neighbours);
	compdb_each_dep(copy, take_dep, &deps);
	for (size_t i = 0; i < deps.neighbours.n; i++)
		if (deps.neighbours.list[i].is_copy)
			take_deps_beside(&deps, &deps.neighbours.list[i]);
	neighbours_release(&deps.neighbours);
	tdestroy(deps.tree, keep_path);
	GROW(deps.files, deps.n);
	deps.files[deps.n] = NULL;
	return deps.files;
}
