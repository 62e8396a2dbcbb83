// SPDX-License-Identifier: GPL-2.0-only
#include "host/run/internal.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/process.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <string.h>

void run_begin(struct run *run, const struct run_request *q, struct session **session)
{
	*run = (struct run){
		.q = q,
		.session = session,
		.journal_fd = -1,
		.attempt = 1,
		.began_ms = monotonic_ms(),
		.began_s = time(NULL),
	};
}

void run_release(struct run *run)
{
	run_journal_close(run);
	evidence_list_release(&run->list);
	plan_release(&run->plan);
	if (run->deploy)
		deploy_free(run->deploy);
	free(run->id);
	free(run->dir);
	free(run->tried);
}

bool run_has_ended(const struct run *run)
{
	return run->list.ended && run->list.n_ends > run->old_ends;
}

static void say_cancelled(const struct run *run)
{
	const struct evidence *last = evidence_last(&run->list);

	if (!run_has_ended(run))
		return;
	if (last && last->trial.has_after && last->trial.after.loaded)
		log_warn("Board %s is disarmed, but %s is still loaded.", run->q->board->name,
			 last->plan.name);
	else
		log_info("Board %s is disarmed, and nothing of the run is loaded.",
			 run->q->board->name);
}

/* Where nothing is known that could be judged. */
static int outcome_without_results(const struct run *run, int r)
{
	if (r == -EINTR)
		return OUTCOME_INTERRUPTED;
	if (r < 0)
		return r;
	return run->state == RUN_HELD   ? OUTCOME_HELD
	       : run->state == RUN_LOST ? -ETIMEDOUT
					: OUTCOME_UNKNOWN;
}

static bool has_results(struct run *run, int r)
{
	if (run->adopted && !run_adopt_plan(run))
		return false;
	if (run->list.n || (r == -EINTR && run->dir))
		return true;
	return r == 0 && run->state != RUN_UNKNOWN && run->state != RUN_HELD;
}

/* Follows what was sent to its end, and judges. */
int run_carry_out(struct run *run, struct run_result *out)
{
	int r = run_follow(run);

	if (r == 0)
		r = run_once_more(run);
	if (run->cancelled) {
		say_cancelled(run);
		process_interrupted = run->signal;
		r = -EINTR;
	}
	/* What is known is worth a verdict, whatever ended it. */
	if (!has_results(run, r))
		return outcome_without_results(run, r);
	run_judge(run, out);
	return r == -EINTR ? OUTCOME_INTERRUPTED : OUTCOME_JUDGED;
}

/* 0, OUTCOME_OTHER_KERNEL, or -errno. */
static int check_release(struct run *run)
{
	const outpost_Welcome *welcome;
	int r = session_welcome(*run->session, &welcome);

	if (r < 0)
		return r;
	run_greet(run, welcome);
	if (!run->q->release || strcmp(run->q->release, welcome->release) == 0)
		return 0;
	/* What was sent is for another kernel: nothing that it says counts. */
	(void)run_send_cancel(run);
	(void)session_flush(*run->session);
	return OUTCOME_OTHER_KERNEL;
}

int run_execute(const struct run_request *q, struct session **session, struct run_result *out)
{
	_cleanup_(run_release) struct run run;
	int r;

	*out = (struct run_result){ 0 };
	run_begin(&run, q, session);
	run.id = store_new_run();
	run.deploy = deploy_new(q->board);
	r = plan_make(&run.plan, q, run.deploy);
	if (r < 0)
		return r;
	if (!run.plan.n) { /* nothing to carry out: no need for a board */
		run.state = RUN_ENDED;
		run_judge(&run, out);
		return OUTCOME_JUDGED;
	}
	if (!*session)
		r = session_open(q->board, NULL, session);
	if (r == 0)
		r = run_send_flight(&run);
	if (r == 0)
		r = run_ignore_cut(session_flush(*session));
	if (r == 0)
		r = run_enter(&run);
	if (r == 0)
		r = check_release(&run);
	if (r == 0)
		r = run_carry_out(&run, out);
	if (r == OUTCOME_UNKNOWN)
		r = log_error_errno(-EIO, "Board %s does not know run %s any more", q->board->name,
				    run.id);
	if (r == -EINTR)
		r = OUTCOME_INTERRUPTED;
	/* Interrupted once the board has answered, it may be at it all the same. */
	if (r != OUTCOME_JUDGED && !run.accepted_ms && !(r == OUTCOME_INTERRUPTED && *run.boot_id))
		run_forget(&run);
	return r;
}
