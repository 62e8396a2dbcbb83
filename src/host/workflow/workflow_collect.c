// SPDX-License-Identifier: GPL-2.0-only
/* Collects runs that were left open, and that their boards still have. */
#include "host/workflow/internal.h"

#include "common/cleanup.h"
#include "common/log.h"
#include "common/strv.h"
#include "host/base/progress.h"
#include "host/report/out.h"

#include <errno.h>
#include <string.h>

#define COLLECT_MS 5000 /* for a board that was not named explicitly */

int workflow_keep(struct workflow *p, const struct run_result *result)
{
	json_t *document = out_test_json(result);
	int r = store_finish(p->store, result, document);

	json_decref(document);
	if (r == 0)
		run_collected(p->session, result);
	return r;
}

static int collect(struct workflow *p, const char *run)
{
	struct run_request request = { .board = p->board,
				       .store = p->store,
				       .return_ms = p->options->return_ms,
				       .progress = workflow_on_run };
	struct run_result result;
	int r;

	progress_step("collecting run %s", run);
	r = run_collect(&request, run, &p->session, &result);
	if (r == OUTCOME_UNKNOWN) {
		log_info("Run %s was left open, but board %s never started it, or no longer has it",
			 run, p->board->name);
		return store_abandon(p->store, run,
				     "the board never started it, or no longer has it");
	}
	if (r == 0)
		r = workflow_keep(p, &result);
	if (r == 0 && result.open)
		r = -ETIMEDOUT; /* lost again: logged */
	if (r == 0)
		log_info("Run %s was left open and is now complete; see outpost results %s", run,
			 run);
	run_result_release(&result);
	/* Leave a run that somebody else follows, or that waits for its turn, for later. */
	return r == OUTCOME_INTERRUPTED ? -EINTR : r > 0 ? 0 : r;
}

int workflow_collect_all(struct workflow *p)
{
	_cleanup_strv_ char **runs = NULL;
	int r = store_open_runs(p->store, p->board->name, &runs);

	strv_foreach (run, runs) {
		if (r < 0)
			return r;
		r = collect(p, *run);
	}
	return r;
}

void workflow_collect(const struct context *ctx, struct store *store)
{
	static const struct workflow_options options;
	_cleanup_strv_ char **names = NULL;

	if (board_list(&names) < 0)
		return;
	strv_foreach (name, names) {
		struct workflow p = { .ctx = ctx, .options = &options, .store = store };
		_cleanup_strv_ char **open = NULL;
		int r = ctx->board && strcmp(ctx->board, *name) != 0
				? 0
				: store_open_runs(store, *name, &open);

		if (r < 0 || !open || board_find(*name, &p.board) < 0)
			continue;
		progress_start();
		r = session_open(
			p.board,
			&(struct session_options){ .timeout_ms = COLLECT_MS, .quiet = true },
			&p.session);
		if (r == 0)
			r = workflow_collect_all(&p);
		p.store = NULL; /* owned by the caller */
		if (r < 0 && r != -EINTR)
			log_warn("Cannot ask board %s about run %s, which was left open", *name,
				 *open);
		workflow_release(&p);
	}
}
