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

int workflow_keep(struct store *store, struct session *session, const struct run_result *result)
{
	json_t *document = out_test_json(result);
	int r = store_finish(store, result, document);

	json_decref(document);
	if (r == 0)
		run_collected(session, result);
	return r;
}

static int abandon_damaged(struct workflow *w, const char *run)
{
	_cleanup_free_ char *dir = store_run_dir(run);

	log_warn("Run %s was left open; abandoning it, because its journal is damaged", run);
	if (dir)
		log_hint("Run outpost journal %s/journal to print what can be read of it", dir);
	return store_abandon(w->store, run, "its journal is damaged");
}

static int collect(struct workflow *w, const char *run)
{
	struct run_request request = { .board = w->board,
				       .store = w->store,
				       .return_ms = w->options->return_ms,
				       .progress = workflow_on_run };
	struct run_result result;
	int r;

	progress_step("collecting run %s", run);
	r = run_collect(&request, run, &w->session, &result);
	if (r == OUTCOME_UNKNOWN) {
		log_info("Run %s was left open, but board %s never started it, or no longer has it",
			 run, w->board->name);
		return store_abandon(w->store, run,
				     "the board never started it, or no longer has it");
	}
	if (r == OUTCOME_DAMAGED)
		return abandon_damaged(w, run);
	if (r == 0)
		r = workflow_keep(w->store, w->session, &result);
	if (r == 0 && result.open)
		r = -ETIMEDOUT; /* lost again: logged */
	if (r == 0)
		log_info("Run %s was left open and is now complete. Run outpost results %s to see "
			 "it.",
			 run, run);
	run_result_release(&result);
	/* Leave a run that somebody else follows, or that waits for its turn, for later. */
	return r == OUTCOME_INTERRUPTED ? -EINTR : r > 0 ? 0 : r;
}

int workflow_collect_all(struct workflow *w)
{
	_cleanup_strv_ char **runs = NULL;
	int r = store_open_runs(w->store, w->board->name, &runs);

	strv_foreach (run, runs) {
		if (r < 0)
			return r;
		r = collect(w, *run);
	}
	return r < 0 || w->session ? r : session_open(w->board, NULL, &w->session);
}

static void collect_board(const struct context *ctx, struct store *store, const char *name)
{
	static const struct workflow_options options;
	static const struct session_options quietly = { .timeout_ms = COLLECT_MS, .quiet = true };
	struct workflow w = { .ctx = ctx, .options = &options, .store = store };
	int r = board_find(name, &w.board);

	if (r < 0)
		return;
	progress_start();
	r = session_open(w.board, &quietly, &w.session);
	if (r == 0)
		r = workflow_collect_all(&w);
	w.store = NULL; /* owned by the caller */
	if (r < 0 && r != -EINTR)
		log_warn("Cannot collect the runs that were left open on board %s", name);
	workflow_release(&w);
}

void workflow_collect(const struct context *ctx, struct store *store)
{
	const char *asked = context_asked_board(ctx);
	_cleanup_strv_ char **names = NULL;

	if (store_open_boards(store, &names) < 0)
		return;
	strv_foreach (name, names)
		if (!asked || strcmp(asked, *name) == 0)
			collect_board(ctx, store, *name);
}
