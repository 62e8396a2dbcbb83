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

int workflow_board(struct workflow *p, const struct context *ctx,
		   const struct workflow_options *options)
{
	int r;

	*p = (struct workflow){ .ctx = ctx, .options = options };
	r = board_find(ctx->board, &p->board);
	if (r < 0)
		return r;
	progress_start();
	r = session_open(p->board, NULL, &p->session);
	if (r < 0)
		return r;
	r = session_flush(p->session); /* Hello travels while we do the rest */
	if (r == SESSION_ENDED)
		r = session_say(p->session);
	if (r == 0)
		r = store_open(&p->store);
	return r < 0 ? r : workflow_collect_all(p);
}

void workflow_release(struct workflow *p)
{
	progress_end();
	module_list_release(&p->modules);
	free(p->check_ms);
	free(p->refused);
	free(p->release);
	free(p->tree);
	if (p->session)
		session_close(p->session);
	if (p->store)
		store_close(p->store);
	if (p->board)
		board_free(p->board);
}

/* --- modules -------------------------------------------------------------------------- */

/*
 * Finds out which kernel to build for: the one given, the one remembered, or the one that the
 * board reports.
 */
static int find_release(struct workflow *p)
{
	const outpost_Welcome *welcome;
	int r = 0;

	if (p->release)
		return 0;
	if (p->options->kernel)
		p->release = xstrdup(p->options->kernel);
	else
		p->release = last_seen_release(p->board->name);
	if (p->release)
		return 0;
	progress_step("asking %s what it runs", p->board->name);
	r = session_welcome(p->session, &welcome);
	if (r == 0)
		p->release = xstrdup(welcome->release);
	return r;
}

/* `params` come from the command line; without them each module has its own. */
static void check_params(const struct workflow *p, const char *params)
{
	if (params)
		params_check(&p->modules, params);
	for (size_t i = 0; !params && i < p->modules.n; i++) {
		const struct module_list one = { &p->modules.modules[i], 1 };

		if (one.modules[0]->test.params)
			params_check(&one, one.modules[0]->test.params);
	}
}

/* No tree yet: ask the board for its release; it may also have the headers. */
static int sync_tree(struct workflow *p, struct kernel_tree **tree)
{
	int r = p->session ? 0 : session_open(p->board, NULL, &p->session);

	if (r == 0)
		r = kernel_sync(p->ctx->buildenv, p->board, p->session, tree);
	if (r < 0)
		return r;
	free(p->release);
	p->release = xstrdup((*tree)->release);
	return 0;
}

static int get_tree(struct workflow *p, struct kernel_tree **tree)
{
	int r;

	progress_step("looking for kernel %s", p->release);
	if (p->options->kernel)
		return kernel_obtain(p->ctx->buildenv, p->board, p->release, tree);
	r = kernel_find(p->ctx->buildenv, p->board, p->release, tree);
	return r == KERNEL_NONE ? sync_tree(p, tree) : r;
}

static int build_all(struct workflow *p, char *const *paths, bool tests, const char *params)
{
	_cleanup_(kernel_tree_freep) struct kernel_tree *tree = NULL;
	struct build_request request = {
		.paths = paths, .tests = tests, .settings = &p->options->build, .progress = on_build
	};
	int r = find_release(p);

	if (r < 0)
		return r;
	r = build_check_paths(paths);
	if (r == 0)
		r = get_tree(p, &tree);
	if (r < 0)
		return r;
	free(p->tree);
	p->tree = xstrdup(tree->name);
	request.tree = tree;
	module_list_release(&p->modules);
	r = build(&request, &p->modules);
	if (r == 0)
		r = workflow_check(p, tree);
	if (r == 0)
		check_params(p, params);
	return r;
}

/*
 * The board does not run the kernel that was built for, for the `times`th time before. 0:
 * rebuild.
 */
static int take_release(struct workflow *p, int times)
{
	const outpost_Welcome *welcome;
	int r = session_welcome(p->session, &welcome);

	if (r < 0)
		return r;
	last_seen_set_release(p->board->name, welcome->release);
	if (p->options->kernel) {
		log_error("Board %s runs %s, not %s", p->board->name, welcome->release, p->release);
		log_hint("Omit --kernel to build for the board's kernel");
		return -ENOEXEC;
	}
	if (times >= KERNELS_MAX) {
		log_error("Board %s reports a different kernel each time (%s, before that %s)",
			  p->board->name, welcome->release, p->release);
		return -EREMOTEIO;
	}
	log_info("Board %s now runs %s, not %s; rebuilding the modules", p->board->name,
		 welcome->release, p->release);
	free(p->release);
	p->release = xstrdup(welcome->release);
	session_close(TAKE_PTR(p->session));
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
static bool failed_for_another(struct workflow *p)
{
	const outpost_Welcome *welcome;

	if (p->options->kernel || !p->session || !all_failed(&p->modules))
		return false;
	progress_step("asking %s what it runs", p->board->name);
	return session_welcome(p->session, &welcome) == 0 &&
	       strcmp(welcome->release, p->release) != 0;
}

static void add_check(const struct workflow *p, struct run_result *result)
{
	for (size_t i = 0; i < result->n && i < p->modules.n; i++) {
		result->results[i].timings_ms[TIMING_CHECK] = p->check_ms[i];
		if (!p->refused[i])
			continue;
		result->results[i].phase = "check";
		result->results[i].rule = "check";
	}
}

int workflow_execute(struct workflow *p, char *const *paths, bool tests,
		     struct run_request *request, struct run_result *result)
{
	int r;

	request->board = p->board;
	request->store = p->store;
	request->modules = &p->modules;
	request->wait_ms = p->options->wait_ms;
	request->return_ms = p->options->return_ms;
	request->progress = workflow_on_run;
	for (int kernels = 0;; kernels++) {
		r = paths ? build_all(p, paths, tests, request->params) : 0;
		if (r < 0)
			return r;
		request->release = p->release;
		progress_step("sending");
		r = paths && failed_for_another(p) ? OUTCOME_OTHER_KERNEL
						   : run_execute(request, &p->session, result);
		if (r != OUTCOME_OTHER_KERNEL)
			break;
		r = take_release(p, kernels);
		if (r < 0)
			return r;
	}
	if (result->kernel && *result->kernel)
		last_seen_set_release(p->board->name, result->kernel);
	if (paths && result->n)
		add_check(p, result);
	return r;
}

int workflow_modules(struct workflow *p, char *const *paths)
{
	const outpost_Welcome *welcome;
	int r;

	for (int kernels = 0;; kernels++) {
		r = build_all(p, paths, false, NULL);
		if (r == 0 && !p->session)
			r = session_open(p->board, NULL, &p->session);
		if (r == 0)
			r = session_welcome(p->session, &welcome);
		if (r < 0)
			return r;
		if (strcmp(welcome->release, p->release) == 0)
			break;
		r = take_release(p, kernels);
		if (r < 0)
			return r;
	}
	last_seen_set_release(p->board->name, p->release);
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
