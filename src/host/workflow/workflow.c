// SPDX-License-Identifier: GPL-2.0-only
#include "host/workflow/internal.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/process.h"
#include "host/base/progress.h"
#include "host/build/params.h"
#include "host/board/last_seen.h"

#include <errno.h>
#include <string.h>

/* A board may reboot into another kernel while modules are built for it, but not every time. */
#define KERNELS_MAX 2

static void on_build(const char *what, size_t done, size_t total, void *arg)
{
	(void)arg;
	progress_step("building %s", what);
	progress_fraction(done, total);
}

void workflow_on_run(const char *doing, const char *module, size_t done, size_t total, void *arg)
{
	(void)arg;
	progress_step("%s%s%s", doing, *module ? " " : "", module);
	progress_fraction(done, total);
}

int workflow_board(struct workflow *w, const struct context *ctx,
		   const struct workflow_options *options)
{
	int r;

	*w = (struct workflow){ .ctx = ctx, .options = options };
	r = board_find(ctx->board, &w->board);
	if (r < 0)
		return r;
	progress_start();
	r = session_open(w->board, NULL, &w->session);
	if (r < 0)
		return r;
	r = session_flush(w->session); /* Hello travels while we do the rest */
	if (r == SESSION_ENDED)
		r = session_say(w->session);
	if (r == 0)
		r = store_open(&w->store);
	return r < 0 ? r : workflow_collect_all(w);
}

void workflow_release(struct workflow *w)
{
	progress_end();
	module_list_release(&w->modules);
	free(w->check_ms);
	free(w->refused);
	free(w->release);
	free(w->tree);
	if (w->session)
		session_close(w->session);
	if (w->store)
		store_close(w->store);
	if (w->board)
		board_free(w->board);
}

/* --- modules -------------------------------------------------------------------------- */

/*
 * Finds out which kernel to build for: the one given, the one remembered, or the one that the
 * board reports.
 */
static int find_release(struct workflow *w)
{
	const outpost_Welcome *welcome;
	int r = 0;

	if (w->release)
		return 0;
	if (w->options->kernel)
		w->release = xstrdup(w->options->kernel);
	else
		w->release = last_seen_release(w->board->name);
	if (w->release)
		return 0;
	progress_step("asking %s what it runs", w->board->name);
	r = session_welcome(w->session, &welcome);
	if (r == 0)
		w->release = xstrdup(welcome->release);
	return r;
}

/* `params` come from the command line; without them each module has its own. */
static void check_params(const struct workflow *w, const char *params)
{
	if (params)
		params_check(&w->modules, params);
	for (size_t i = 0; !params && i < w->modules.n; i++) {
		const struct module_list one = { &w->modules.modules[i], 1 };

		if (one.modules[0]->test.params)
			params_check(&one, one.modules[0]->test.params);
	}
}

/* No tree yet: ask the board for its release; it may also have the headers. */
static int sync_tree(struct workflow *w, struct kernel_tree **tree)
{
	int r = w->session ? 0 : session_open(w->board, NULL, &w->session);

	if (r == 0)
		r = kernel_sync(w->ctx->buildenv, w->board, w->session, tree);
	if (r < 0)
		return r;
	free(w->release);
	w->release = xstrdup((*tree)->release);
	return 0;
}

static int get_tree(struct workflow *w, struct kernel_tree **tree)
{
	int r;

	progress_step("looking for kernel %s", w->release);
	if (w->options->kernel)
		return kernel_obtain(w->ctx->buildenv, w->board, w->release, tree);
	r = kernel_find(w->ctx->buildenv, w->board, w->release, tree);
	return r == KERNEL_NONE ? sync_tree(w, tree) : r;
}

static int build_all(struct workflow *w, char *const *paths, bool tests, const char *params)
{
	_cleanup_(kernel_tree_freep) struct kernel_tree *tree = NULL;
	struct build_request request = {
		.paths = paths, .tests = tests, .settings = &w->options->build, .progress = on_build
	};
	int r = find_release(w);

	if (r < 0)
		return r;
	r = build_check_paths(paths);
	if (r == 0)
		r = get_tree(w, &tree);
	if (r < 0)
		return r;
	free(w->tree);
	w->tree = xstrdup(tree->name);
	request.tree = tree;
	module_list_release(&w->modules);
	r = build(&request, &w->modules);
	if (r == 0)
		r = workflow_check(w, tree);
	if (r == 0)
		check_params(w, params);
	return r;
}

/*
 * The board does not run the kernel that was built for, for the `times`th time before. 0:
 * rebuild.
 */
static int take_release(struct workflow *w, int times)
{
	const outpost_Welcome *welcome;
	int r = session_welcome(w->session, &welcome);

	if (r < 0)
		return r;
	last_seen_set_release(w->board->name, welcome->release);
	if (w->options->kernel) {
		log_error("Board %s runs %s, not %s", w->board->name, welcome->release, w->release);
		log_hint("Omit --kernel to build for the board's kernel");
		return -ENOEXEC;
	}
	if (times >= KERNELS_MAX) {
		log_error("Board %s reports a different kernel each time (%s, before that %s)",
			  w->board->name, welcome->release, w->release);
		return -EREMOTEIO;
	}
	log_info("Board %s now runs %s, not %s; rebuilding the modules", w->board->name,
		 welcome->release, w->release);
	free(w->release);
	w->release = xstrdup(welcome->release);
	session_close(TAKE_PTR(w->session));
	return 0;
}

/* Did some fail, with none left to send? */
static bool all_failed(const struct module_list *list)
{
	bool failed = false;

	for (size_t i = 0; i < list->n; i++) {
		if (!list->modules[i]->error && !list->modules[i]->test.skip)
			return false;
		failed = failed || list->modules[i]->error;
	}
	return failed;
}

/*
 * A module that fails for the remembered kernel may be fine for the current one. If something
 * is sent, run_execute() finds that out; otherwise ask the board. If it does not answer,
 * nothing changes.
 */
static bool failed_for_another(struct workflow *w)
{
	const outpost_Welcome *welcome;

	if (w->options->kernel || !w->session || !all_failed(&w->modules))
		return false;
	progress_step("asking %s what it runs", w->board->name);
	return session_welcome(w->session, &welcome) == 0 &&
	       strcmp(welcome->release, w->release) != 0;
}

static void add_check(const struct workflow *w, struct run_result *result)
{
	for (size_t i = 0; i < result->n && i < w->modules.n; i++) {
		result->results[i].timings_ms[TIMING_CHECK] = w->check_ms[i];
		if (!w->refused[i])
			continue;
		result->results[i].phase = "check";
		result->results[i].rule = "check";
	}
}

int workflow_execute(struct workflow *w, char *const *paths, bool tests,
		     struct run_request *request, struct run_result *result)
{
	int r;

	request->board = w->board;
	request->store = w->store;
	request->modules = &w->modules;
	request->wait_ms = w->options->wait_ms;
	request->return_ms = w->options->return_ms;
	request->progress = workflow_on_run;
	for (int kernels = 0;; kernels++) {
		r = paths ? build_all(w, paths, tests, request->params) : 0;
		if (r < 0)
			return r;
		request->release = w->release;
		progress_step("sending");
		r = paths && failed_for_another(w) ? OUTCOME_OTHER_KERNEL
						   : run_execute(request, &w->session, result);
		if (r != OUTCOME_OTHER_KERNEL)
			break;
		r = take_release(w, kernels);
		if (r < 0)
			return r;
	}
	if (result->kernel && *result->kernel)
		last_seen_set_release(w->board->name, result->kernel);
	if (paths && result->n)
		add_check(w, result);
	return r;
}

int workflow_modules(struct workflow *w, char *const *paths)
{
	const outpost_Welcome *welcome;
	int r;

	for (int kernels = 0;; kernels++) {
		r = build_all(w, paths, false, NULL);
		if (r == 0 && !w->session)
			r = session_open(w->board, NULL, &w->session);
		if (r == 0)
			r = session_welcome(w->session, &welcome);
		if (r < 0)
			return r;
		if (strcmp(welcome->release, w->release) == 0)
			break;
		r = take_release(w, kernels);
		if (r < 0)
			return r;
	}
	last_seen_set_release(w->board->name, w->release);
	return 0;
}

struct run_request workflow_test(const struct test_options *o)
{
	return (struct run_request){ .purpose = outpost_Purpose_TEST,
				     .repeat = o->repeat,
				     .no_reboot = o->no_reboot,
				     .limit_ms = o->limit_ms };
}

char *const *workflow_paths(const char *command, int argc, char *const *argv)
{
	static char modules[] = "modules";
	static char *const fallback[] = { modules, NULL };

	if (argc)
		return argv;
	if (fs_is_dir(modules))
		return fallback;
	log_error("No PATH given, and the current folder has no folder modules/");
	log_hint("Run outpost %s PATH", command);
	return NULL;
}
