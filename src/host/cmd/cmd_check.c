// SPDX-License-Identifier: GPL-2.0-only
#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "host/board/board.h"
#include "host/build/build.h"
#include "host/check/check_board.h"
#include "host/cmd/command.h"
#include "host/build/messages.h"
#include "host/report/out.h"
#include "host/report/out_check.h"
#include "host/workflow/workflow.h"
#include "host/board/session.h"

#include <errno.h>
#include <string.h>
#include <time.h>

struct options {
	char *kernel;
	struct build_settings build;
};

static const struct option_row options[] = {
	OPTION_STRING(struct options, kernel, 'k', "kernel", "RELEASE", "build.kernel",
		      "check against this kernel, without a board (default: the board's kernel)"),
	BUILD_SETTINGS(struct options, build.),
	OPTION_END,
};

/* --- for which kernel ------------------------------------------------------------------ */

/* The kernel to check against, and the board that described it. */
struct subject {
	struct kernel_tree *tree;
	struct check_kernel *kernel;
	struct board *board; /* NULL: no board is involved */
	struct session *session;
	struct check_board on;
	time_t as_of; /* when the board reported it; 0: now */
};

static void subject_release(struct subject *s)
{
	session_closep(&s->session);
	check_kernel_freep(&s->kernel);
	kernel_tree_freep(&s->tree);
	board_freep(&s->board);
}

static int read_kernel(const struct context *ctx, struct subject *s, const char *release)
{
	int r = kernel_obtain(ctx->buildenv, s->board, release, &s->tree);

	return r < 0 ? r : check_kernel_read(s->tree, &s->kernel);
}

/* The board is not reachable: uses what it reported last time. */
static int read_absent(const struct board *board, const struct session *session,
		       struct last_seen_facts *facts)
{
	char when[32];

	if (!last_seen_facts(board->name, facts))
		return session_say(session);
	strftime(when, sizeof(when), "%F %H:%M", localtime(&facts->when));
	log_warn("Board %s: %s. Checking against %s, which it ran on %s.", board->name,
		 session_why(session), facts->release, when);
	return 0;
}

static int read_board(const struct context *ctx, struct subject *s)
{
	struct last_seen_facts facts;
	const outpost_Welcome *w = NULL;
	int r = board_find(ctx->board, &s->board);

	if (r < 0)
		return r;
	r = session_open(s->board, &(struct session_options){ .quiet = true }, &s->session);
	if (r < 0)
		return log_error_errno(r, "Cannot start ssh for %s", s->board->name);
	r = session_welcome(s->session, &w);
	if (r == -EINTR)
		return r;
	if (r == 0)
		last_seen_set_facts(s->board->name, w);
	else
		r = read_absent(s->board, s->session, &facts);
	if (r == 0)
		r = read_kernel(ctx, s, w ? w->release : facts.release);
	s->on = (struct check_board){ .board = s->board, .session = w ? s->session : NULL };
	if (r == 0)
		check_board_add(s->kernel, &s->on);
	s->as_of = w ? 0 : facts.when;
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
		 const struct subject *s, int status)
{
	int r = 0;

	for (size_t i = 0; i < n; i++)
		if (!all[i].result.loads && status == STATUS_OK)
			status = STATUS_FAIL;
	if (ctx->json)
		r = out_json(out_check_json(all, n, s->kernel->release,
					    s->board ? s->board->name : NULL, s->as_of));
	else if (n)
		out_check(stdout, all, n, s->kernel->release, ctx->verbose);
	return r < 0 ? r : status;
}

/* A module that failed to build was logged; it has no result, so the status is STATUS_TROUBLE. */
static int check_all(const struct context *ctx, const struct subject *s,
		     const struct module_list *list)
{
	_cleanup_free_ struct checked *all = xcalloc(list->n + 1, sizeof(*all));
	int status = STATUS_OK, r = 0;
	size_t n = 0;

	for (size_t i = 0; i < list->n && r == 0; i++) {
		if (list->modules[i]->error)
			status = STATUS_TROUBLE;
		else if (!list->modules[i]->test.skip)
			r = check_one(s->kernel, list, i, &all[n++]);
	}
	if (r == 0 && !n && status == STATUS_OK)
		log_error("Nothing to check: every module has 'skip' in its test.conf");
	if (r == 0)
		r = print(ctx, all, n, s, n ? status : STATUS_TROUBLE);
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
	char *const *paths = workflow_paths("check", argc, argv);
	_cleanup_(subject_release) struct subject subject = { 0 };
	_cleanup_(module_list_release) struct module_list list = { 0 };
	struct build_request request = { .paths = paths, .settings = &o->build };
	int r;

	if (!paths)
		return STATUS_USAGE;
	r = o->kernel ? read_kernel(ctx, &subject, o->kernel) : read_board(ctx, &subject);
	request.tree = subject.tree;
	if (r == 0)
		r = build(&request, &list);
	return r < 0 ? r : check_all(ctx, &subject, &list);
}

const struct command cmd_check = {
	.name = "check",
	.args = "[PATH...]",
	.summary = "Tell whether a kernel will load modules, and if not, why",
	.help = "PATH is a .ko file, which may be compressed, or a path as for outpost build;\n"
		"default: modules/. The checks are those of the kernel's module loader, up to the\n"
		"call of the module's init. Nothing is sent to the board. If the board (-b) cannot\n"
		"be reached, the facts from the last connection are used. A 'note' does not keep\n"
		"the module from loading.\n"
		"Exit status: 0 if all would load, 1 if one would not, 3 if it is not known.\n",
	.options = options,
	.options_size = sizeof(struct options),
	.has_json = true,
	.most_args = -1,
	.run = run,
};
