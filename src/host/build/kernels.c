// SPDX-License-Identifier: GPL-2.0-only
#include "host/build/kernels.h"

#include "common/alloc.h"
#include "common/strv.h"
#include "host/board/board.h"
#include "host/kernel/kernel.h"
#include "host/board/last_seen.h"
#include "host/board/session.h"

#include <errno.h>
#include <string.h>

void build_kernels_release(struct build_kernels *kernels)
{
	for (size_t i = 0; i < kernels->n; i++) {
		kernel_tree_free(kernels->trees[i]);
		module_list_release(&kernels->lists[i]);
	}
	free(kernels->trees);
	free(kernels->lists);
}

/* Builds once for boards that have the same tree. Takes ownership of `tree`. */
static void add_tree(struct build_kernels *kernels, struct kernel_tree *tree)
{
	for (size_t i = 0; i < kernels->n; i++) {
		if (strcmp(kernels->trees[i]->name, tree->name) == 0) {
			kernel_tree_free(tree);
			return;
		}
	}
	GROW(kernels->trees, kernels->n);
	GROW(kernels->lists, kernels->n);
	kernels->lists[kernels->n] = (struct module_list){ 0 };
	kernels->trees[kernels->n++] = tree;
}

/* The last kernel is remembered, so that we can build for a board that is offline. */
static int tree_of_board(struct buildenv *env, const char *name, const struct board *none,
			 struct kernel_tree **tree)
{
	_cleanup_(board_freep) struct board *board = NULL;
	_cleanup_(session_closep) struct session *session = NULL;
	_cleanup_free_ char *release = NULL;
	int r = board_find(name, &board);

	(void)none;
	if (r < 0)
		return r;
	release = last_seen_release(board->name);
	r = release ? kernel_find(env, board, release, tree) : KERNEL_NONE;
	if (r != KERNEL_NONE)
		return r;
	r = session_open(board, NULL, &session);
	return r < 0 ? r : kernel_sync(env, board, session, tree);
}

static int tree_of_release(struct buildenv *env, const char *release, const struct board *board,
			   struct kernel_tree **tree)
{
	return kernel_obtain(env, board, release, tree);
}

static int newest_tree(struct buildenv *env, struct kernel_tree **tree)
{
	_cleanup_strv_ char **names = NULL;
	_cleanup_free_ char *newest = NULL;
	const char *found = NULL;
	int r = kernel_list(&names);

	if (r < 0)
		return r;
	strv_foreach (name, names) /* those of a board have other names */
		if (kernel_release_is_valid(*name) && (!found || strverscmp(*name, found) > 0))
			found = *name;
	if (!found) {
		r = kernel_debian_default(&newest);
		if (r < 0)
			return r;
		found = newest;
	}
	return kernel_obtain(env, NULL, found, tree);
}

/* Adds all trees that can be had. Returns the last error. */
static int get_each(struct buildenv *env, const char *words, const struct board *board,
		    int (*get)(struct buildenv *env, const char *word, const struct board *board,
			       struct kernel_tree **tree),
		    struct build_kernels *kernels)
{
	_cleanup_free_ char *copy = xstrdup(words);
	char *rest = copy;
	int result = 0;

	for (char *word; (word = strsep(&rest, ", "));) {
		struct kernel_tree *tree = NULL;
		int r = *word ? get(env, word, board, &tree) : 0;

		if (r == -EINTR)
			return r;
		if (r < 0)
			result = r;
		else if (tree)
			add_tree(kernels, tree);
	}
	return result;
}

int build_kernels_find(struct buildenv *env, struct build_kernels *kernels, const char *board,
		       const char *boards, const char *releases)
{
	_cleanup_(board_freep) struct board *of = NULL;
	struct kernel_tree *tree = NULL;
	int r;

	if (boards)
		return get_each(env, boards, NULL, tree_of_board, kernels);
	if (releases) {
		r = board ? board_find(board, &of) : 0;
		return r < 0 ? r : get_each(env, releases, of, tree_of_release, kernels);
	}
	r = board ? tree_of_board(env, board, NULL, &tree) : newest_tree(env, &tree);
	if (r == 0)
		add_tree(kernels, tree);
	return r;
}
