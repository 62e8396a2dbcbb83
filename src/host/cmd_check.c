// SPDX-License-Identifier: GPL-2.0-only
#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "host/board.h"
#include "host/build.h"
#include "host/command.h"
#include "host/messages.h"
#include "host/out.h"
#include "host/out_check.h"
#include "host/prepare.h"
#include "host/session.h"

#include <string.h>

struct options {
	char *kernel;
	struct build_settings build;
};

static const struct option_row options[] = {
	OPTION_STRING(struct options, kernel, 'k', "kernel", "RELEASE", "build.kernel",
		      "check for this kernel, without a board (default: what the board runs)"),
	BUILD_SETTINGS(struct options, build.),
	OPTION_END,
};

/* --- for which kernel ------------------------------------------------------------------ */

static int read_kernel(const char *release, struct kernel_tree **tree, struct check_kernel **kernel)
{
	int r = kernel_obtain(release, tree);

	return r < 0 ? r : check_kernel_read(*tree, kernel);
}

static int read_board(const struct context *ctx, struct board **board, struct kernel_tree **tree,
		      struct check_kernel **kernel)
{
	_cleanup_(session_closep) struct session *session = NULL;
	const outpost_Welcome *w;
	int r = board_get(ctx, board);

	if (r == 0)
		r = session_open(*board, NULL, &session);
	if (r == 0)
		r = session_welcome(session, &w);
	if (r == 0)
		r = read_kernel(w->release, tree, kernel);
	if (r == 0)
		check_kernel_add_board(*kernel, w->page_size, w->sig_enforce, w->locked_down);
	return r;
}

/* --- one by one ------------------------------------------------------------------------ */

static int check_one(const struct check_kernel *kernel, const struct module_list *list, size_t i,
		     struct checked *checked)
{
	const struct module *m = list->modules[i];
	struct check_plan plan = { .others = list, .needs = (const char *const *)m->test.depends };
	int r;

	checked->name = xstrdup(m->name);
	checked->path = xstrdup(m->unstripped);
	checked->shown = path_shown(m->build_dir ? m->source : m->unstripped);
	r = check_file(kernel, m->stripped, &plan, &checked->result);
	return r < 0 ? log_error_errno(r, "Cannot read %s", checked->path) : 0;
}

static int print(const struct context *ctx, const struct checked *all, size_t n,
		 const struct check_kernel *kernel, const struct board *board, int status)
{
	int r = 0;

	for (size_t i = 0; i < n; i++)
		if (!all[i].result.loads && status == STATUS_OK)
			status = STATUS_FAIL;
	if (ctx->json)
		r = out_json(out_check_json(all, n, kernel->release, board ? board->name : NULL));
	else if (n)
		out_check(stdout, all, n, kernel->release, ctx->verbose);
	return r < 0 ? r : status;
}

/* What could not be built was said, and is no answer: the status says so. */
static int check_all(const struct context *ctx, const struct check_kernel *kernel,
		     const struct board *board, const struct module_list *list)
{
	_cleanup_free_ struct checked *all = xcalloc(list->n + 1, sizeof(*all));
	int status = STATUS_OK, r = 0;
	size_t n = 0;

	for (size_t i = 0; i < list->n && r == 0; i++) {
		if (list->modules[i]->error)
			status = STATUS_TROUBLE;
		else if (!list->modules[i]->test.skip)
			r = check_one(kernel, list, i, &all[n++]);
	}
	if (r == 0 && !n && status == STATUS_OK)
		log_error("There is nothing to check: the test.conf of each module says 'skip'.");
	if (r == 0)
		r = print(ctx, all, n, kernel, board, n ? status : STATUS_TROUBLE);
	for (size_t i = 0; i < n; i++) {
		free(all[i].name);
		free(all[i].path);
		free(all[i].shown);
		check_result_release(&all[i].result);
	}
	return r;
}

static int run(struct context *ctx, void *arg, int argc, char **argv)
{
	const struct options *o = arg;
	char *const *paths = prepare_paths(argc, argv);
	_cleanup_(board_freep) struct board *board = NULL;
	_cleanup_(kernel_tree_freep) struct kernel_tree *tree = NULL;
	_cleanup_(check_kernel_freep) struct check_kernel *kernel = NULL;
	_cleanup_(module_list_release) struct module_list list = { 0 };
	struct build_request request = { .paths = paths, .settings = &o->build };
	int r;

	if (!paths)
		return STATUS_USAGE;
	r = o->kernel ? read_kernel(o->kernel, &tree, &kernel)
		      : read_board(ctx, &board, &tree, &kernel);
	request.tree = tree;
	if (r == 0)
		r = build(&request, &list);
	return r < 0 ? r : check_all(ctx, kernel, board, &list);
}

const struct command cmd_check = {
	.name = "check",
	.args = "[PATH...]",
	.summary = "Will that kernel take these .ko files, and if not, why",
	.help = "PATH is a .ko file, also a compressed one, or what outpost build takes; with "
		"none,\n"
		"modules/. The answer is that of the kernel's own loader, up to the module's "
		"init;\n"
		"nothing is sent. A 'note' is what the kernel takes all the same.\n"
		"Exit status: 0 all would load, 1 one would not, 3 it could not be found out.\n",
	.options = options,
	.options_size = sizeof(struct options),
	.has_json = true,
	.most_args = -1,
	.run = run,
};
