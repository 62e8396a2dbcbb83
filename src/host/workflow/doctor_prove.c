// SPDX-License-Identifier: GPL-2.0-only
/* A run without a module: the board logs a random word, and panics. */
#include "host/workflow/doctor.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "common/strv.h"
#include "common/text.h"
#include "host/base/progress.h"
#include "host/judge/evidence.h"
#include "host/base/paths.h"
#include "host/judge/pstore.h"
#include "host/run/run.h"
#include "host/workflow/workflow.h"

#include <errno.h>
#include <string.h>

void proof_release(struct proof *proof)
{
	free(proof->token);
	free(proof->summary);
	free(proof->mend);
	free(proof->run);
	strv_free(proof->kept);
}

static void on_run(const char *doing, const char *module, size_t done, size_t total, void *arg)
{
	(void)done;
	(void)total;
	(void)arg;
	progress_step("%s", *module ? "panicking the board" : doing);
}

static int panic_board(const struct board *board, int return_ms, const char *token,
		       struct run_result *result)
{
	_cleanup_(store_closep) struct store *store = NULL;
	_cleanup_(session_closep) struct session *session = NULL;
	_cleanup_(module_list_release) struct module_list list = { 0 };
	struct run_request request = { .board = board,
				       .modules = &list,
				       .purpose = outpost_Purpose_PROVE,
				       .return_ms = return_ms,
				       .progress = on_run };
	int kept, r = store_open(&store);

	if (r < 0)
		return r;
	module_list_add(&list, module_new(token));
	request.store = store;
	r = run_execute(&request, &session, result);
	progress_end();
	if (r < 0 || !result->n)
		return r;
	kept = workflow_keep(store, session, result);
	return kept < 0 ? kept : r;
}

/*
 * Looks for the token in the files that survived, not in the log that was streamed before the
 * panic.
 */
static bool find_token(const struct evidence *e, struct proof *proof)
{
	_cleanup_free_ struct pstore_file *files = xcalloc(e->survivors.n + 1, sizeof(*files));
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;

	for (size_t i = 0; i < e->survivors.n; i++) {
		_cleanup_free_ char *name = doctor_clean(e->survivors.files[i].name);

		files[i] =
			(struct pstore_file){ e->survivors.files[i].name,
					      e->survivors.data.buf + e->survivors.files[i].offset,
					      e->survivors.files[i].length };
		strv_add(&proof->kept, name);
	}
	pstore_text(files, e->survivors.n, &text);
	return text_find((struct text){ text.buf, text.len }, proof->token);
}

/* Sets the conclusion. `summary` contains text from the board. */
static void conclude(struct proof *proof, char *summary, const char *mend)
{
	proof->summary = doctor_clean(summary);
	free(summary);
	proof->mend = mend ? xstrdup(mend) : NULL;
}

static void judge(struct proof *proof, const struct evidence *e, const struct result *result)
{
	const struct evidence_step *step = &e->trial.steps[outpost_Step_LOADING];
	_cleanup_free_ char *summary = result_summary(result);
	bool found = find_token(e, proof);

	if (step->ended)
		conclude(proof, xasprintf("cannot make the board panic: %s", step->end.detail),
			 NULL);
	else if (result->verdict == VERDICT_LOST)
		conclude(proof, xasprintf("the board did not come back: %s", summary),
			 "switch it off and on, then run outpost doctor to see what it lacks");
	else if (!evidence_rebooted(e))
		conclude(proof, xasprintf("the board did not reboot: %s", summary), NULL);
	else if (found && result->recovery)
		conclude(
			proof,
			xasprintf(
				"its last log messages survived, but the board did not come back by itself: %s",
				result->recovery),
			"set kernel.panic, and find out what prevents the reboot");
	else if (found)
		conclude(proof,
			 xasprintf("it panicked and came back, and %s, its last log message, is in "
				   "%s; %.1f s in all",
				   proof->token, proof->kept[0], proof->back_ms / 1000.0),
			 NULL);
	else if (e->survivors.n)
		conclude(proof,
			 xasprintf(
				 "the board came back, but %s, its last log message, is not in the "
				 "%zu files that survived",
				 proof->token, e->survivors.n),
			 "set a larger record_size for ramoops; see outpost doctor");
	else
		conclude(
			proof, xstrdup("the board came back, but none of its log survived"),
			"run outpost doctor to see what pstore lacks; pstore cannot use memory that "
			"the firmware clears at a reboot");
	proof->ok = found && evidence_rebooted(e) && !result->recovery;
}

int doctor_prove(const struct board *board, int return_ms, struct proof *proof)
{
	_cleanup_(evidence_list_release) struct evidence_list list = { 0 };
	_cleanup_(run_result_release) struct run_result result = { 0 };
	_cleanup_free_ char *id = store_new_run(), *dir = NULL, *journal = NULL;
	int r;

	/* The end of a run's id is random. */
	proof->token = xasprintf("prove_%s", strrchr(id, '-') + 1);
	r = panic_board(board, return_ms, proof->token, &result);
	if (r)
		return r;
	proof->run = xstrdup(result.run);
	proof->back_ms = result.duration_ms;
	dir = store_run_dir(result.run);
	if (!dir)
		return -EIO;
	journal = path_join(dir, "journal", NULL);
	r = evidence_read(&list, journal);
	if (r < 0)
		return r;
	if (!list.n || !result.n)
		return log_error_errno(-EIO, "Board %s has no record of a panic in run %s",
				       board->name, result.run);
	judge(proof, list.items[0], &result.results[0]);
	return 0;
}
