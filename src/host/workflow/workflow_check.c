// SPDX-License-Identifier: GPL-2.0-only
/* Checks modules before anything is sent: will the board's kernel load them? */
#include "host/workflow/internal.h"

#include "common/alloc.h"
#include "common/clock.h"
#include "common/log.h"
#include "host/check/check_board.h"
#include "host/build/messages.h"

#include <string.h>

/*
 * Uses the board's current facts only if they have arrived already: they are not worth waiting
 * for.
 */
static void add_board(const struct workflow *w, struct check_kernel *kernel, struct check_board *on)
{
	const outpost_Welcome *welcome = w->session ? session_welcomed(w->session) : NULL;

	if (welcome)
		last_seen_set_facts(w->board->name, welcome);
	on->board = w->board;
	check_board_add(kernel, on);
}

static void say_refused(const struct module *m, const struct check_result *result)
{
	_cleanup_free_ char *path = path_shown(m->build_dir ? m->source : m->unstripped);
	size_t first = 0;

	while (!result->problems[first].fatal)
		first++;
	log_error("%s would not load: %s", path, m->error);
	log_hint("%s. Run outpost check for details; use --no-check to send it anyway.",
		 result->problems[first].hint);
}

/* Returns whether the module was refused. */
static bool check_one(struct workflow *w, const struct check_kernel *kernel, struct module *m)
{
	struct check_plan plan = { .others = &w->modules,
				   .needs = (const char *const *)m->test.depends };
	struct check_result result;
	int r = check_file(kernel, m->stripped, &plan, &result);

	if (r < 0) {
		m->error = xasprintf("cannot read %s: %s", m->stripped, strerror(-r));
		return true;
	}
	if (!result.loads) {
		m->error = check_summary(&result);
		say_refused(m, &result);
	}
	check_result_release(&result);
	return m->error != NULL;
}

int workflow_check(struct workflow *w, const struct kernel_tree *tree)
{
	_cleanup_(check_kernel_freep) struct check_kernel *kernel = NULL;
	struct check_board on = { 0 };
	int r = 0;

	free(w->check_ms);
	free(w->refused);
	w->check_ms = xcalloc(w->modules.n + 1, sizeof(*w->check_ms));
	w->refused = xcalloc(w->modules.n + 1, sizeof(*w->refused));
	if (!w->options->no_check)
		r = check_kernel_read(tree, &kernel);
	if (kernel)
		add_board(w, kernel, &on);
	for (size_t i = 0; i < w->modules.n; i++) {
		struct module *m = w->modules.modules[i];
		long long start = monotonic_ms();

		w->check_ms[i] = -1;
		if (m->error || m->test.skip || !kernel)
			continue;
		w->refused[i] = check_one(w, kernel, m);
		w->check_ms[i] = (int)(monotonic_ms() - start);
	}
	return r;
}
