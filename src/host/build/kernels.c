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

/* Builds once for boards that run the same kernel. Takes ownership of `tree`. */
static void add_tree(struct build_kernels *kernels, struct kernel_tree *tree)
{
	for (size_t i = 0; i < kernels->n; i++) {
		if (strcmp(kernels->trees[i]->release, tree->release) == 0) {
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
static int tree_of_board(struct buildenv *env, const char *name, struct kernel_tree **tree)
{
	_cleanup_(board_freep) struct board *board = NULL;
	_cleanup_(session_closep) struct session *session = NULL;
	_cleanup_free_ char *release = NULL;
	int r = board_find(name, &board);

	if (r < 0)
		return r;
	release = last_seen_release(board->name);
	r = release ? kernel_find(env, release, tree) : KERNEL_NONE;
	if (r != KERNEL_NONE)
		return r;
	r = session_open(board, NULL, &session);
	return r < 0 ? r : kernel_sync(env, board, session, tree);
}

static int newest_tree(struct buildenv *env, struct kernel_tree **tree)
{
	_cleanup_strv_ char **releases = NULL;
	_cleanup_free_ char *newest = NULL;
	const char *found = NULL;
	int r = kernel_list(&releases);

	if (r < 0)
		return r;
	strv_foreach (each, releases)
		if (!found || strverscmp(*each, found) > 0)
			found = *each;
	if (!found) {
		r = kernel_debian_default(&newest);
		if (r < 0)
			return r;
		found = newest;
	}
	return kernel_obtain(env, found, tree);
}

/* Adds all trees that can be had. Returns the last error. */
static int get_each(struct buildenv *env, const char *words,
		    int (*get)(struct buildenv *env, const char *word, struct kernel_tree **tree),
		    struct build_kernels *kernels)
{
	_cleanup_free_ char *copy = xstrdup(words);
	char *rest = copy;
	int result = 0;

	for (char *word; (word = strsep(&rest, ", "));) {
		struct kernel_tree *tree = NULL;
		int r = *word ? get(env, word, &tree) : 0;

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
	struct kernel_tree *tree = NULL;
	int r;

	if (boards)
		return get_each(env, boards, tree_of_board, kernels);
	if (releases)
		return get_each(env, releases, kernel_obtain, kernels);
	r = board ? tree_of_board(env, board, &tree) : newest_tree(env, &tree);
	if (r == 0)
		add_tree(kernels, tree);
	return r;
}
