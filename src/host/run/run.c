// SPDX-License-Identifier: GPL-2.0-only
#include "host/run/internal.h"

#include "common/cleanup.h"
#include "common/log.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <string.h>

void run_begin(struct run *run, const struct run_request *q, struct session **session,
	       const char *id, struct deploy *deploy)
{
	*run = (struct run){
		.q = q,
		.journal = run_journal_new(q, id),
		.link = run_link_new(q, session),
		.wait = run_wait_new(q),
		.flight = run_flight_new(q, deploy),
		.began_ms = run_now_ms(q),
		.began_s = time(NULL),
	};
	run->recovery = run_recovery_new(q, run->journal);
	run->standing = run_standing_new(q, run->journal);
}

void run_release(struct run *run)
{
	run_standing_free(run->standing);
	run_recovery_free(run->recovery);
	run_flight_free(run->flight);
	run_wait_free(run->wait);
	run_link_free(run->link);
	run_journal_free(run->journal);
	plan_release(&run->plan);
}

void run_say(const struct run *run, const char *doing, const char *object)
{
	if (run->q->progress)
		run->q->progress(doing, object, 0, 0, run->q->arg);
}

static void say_cancelled(const struct run *run)
{
	const struct evidence *last = evidence_last(run_evidence(run));

	if (!run_standing_has_ended(run->standing))
		return;
	if (last && last->trial.has_after && last->trial.after.loaded)
		log_warn("Board %s is disarmed, but %s is still loaded", run->q->board->name,
			 last->plan.name);
	else
		log_info("Board %s is disarmed, and no module of the run is loaded",
			 run->q->board->name);
}

/* The outcome when there is nothing to judge. */
static int outcome_without_results(const struct run *run, int r)
{
	if (r == -EINTR)
		return OUTCOME_INTERRUPTED;
	if (r < 0)
		return r;
	switch (run_standing_state(run->standing)) {
	case RUN_HELD: return OUTCOME_HELD;
	case RUN_LOST: return -ETIMEDOUT;
	default: return OUTCOME_UNKNOWN;
	}
}

static bool has_results(struct run *run, int r)
{
	enum run_state state = run_standing_state(run->standing);

	if (run->adopted && !run_adopt_plan(run))
		return false;
	if (run_evidence(run)->n || r == -EINTR)
		return true;
	return r == 0 && state != RUN_UNKNOWN && state != RUN_HELD;
}

/* Follows the run to its end, and judges it. */
int run_carry_out(struct run *run, struct run_result *out)
{
	int r = run_follow(run);

	if (r == 0)
		r = run_second_attempt(run);
	if (run_wait_is_interrupted(run->wait)) {
		say_cancelled(run);
		run_wait_pass_interrupt_on(run->wait);
		r = -EINTR;
	}
	/* Whatever ended the run, what is known is judged. */
	if (!has_results(run, r))
		return outcome_without_results(run, r);
	run_judge(run, out);
	return r == -EINTR ? OUTCOME_INTERRUPTED : OUTCOME_JUDGED;
}

/* 0, OUTCOME_OTHER_KERNEL, or -errno. */
static int check_release(struct run *run)
{
	struct session *session = run_link_session(run->link);
	const outpost_Welcome *welcome;
	int r = session_welcome(session, &welcome);

	if (r < 0)
		return r;
	run_greet(run, welcome);
	if (!run->q->release || strcmp(run->q->release, welcome->release) == 0)
		return 0;
	/* What was sent is for another kernel: its results do not count. */
	(void)run_send_cancel(run);
	(void)session_flush(session);
	return OUTCOME_OTHER_KERNEL;
}

static int send_and_follow(struct run *run, struct run_result *out)
{
	int r = run_link_open(run->link);

	if (r == 0)
		r = run_send_flight(run);
	if (r == 0)
		r = run_ignore_cut(session_flush(run_link_session(run->link)));
	if (r == 0)
		r = run_journal_enter(run->journal, run->began_s);
	if (r == 0)
		r = check_release(run);
	return r == 0 ? run_carry_out(run, out) : r;
}

int run_execute(const struct run_request *q, struct session **session, struct run_result *out)
{
	_cleanup_free_ char *id = store_new_run();
	struct deploy *deploy = deploy_new(q->board);
	_cleanup_(run_release) struct run run;
	int r;

	*out = (struct run_result){ 0 };
	run_begin(&run, q, session, id, deploy);
	r = plan_make(&run.plan, q, deploy);
	if (r < 0)
		return r;
	if (!run.plan.n) { /* nothing to run, so no board is needed */
		run_standing_end(run.standing, RUN_ENDED);
		run_judge(&run, out);
		return OUTCOME_JUDGED;
	}
	r = send_and_follow(&run, out);
	if (r == OUTCOME_UNKNOWN)
		r = log_error_errno(-EIO, "Board %s no longer knows run %s", q->board->name, id);
	if (r == -EINTR)
		r = OUTCOME_INTERRUPTED;
	/* After a reply of the board, an interrupted run may still be running there. */
	if (r != OUTCOME_JUDGED && !run_flight_is_accepted(run.flight) &&
	    !(r == OUTCOME_INTERRUPTED && *run_link_boot_id(run.link)))
		run_journal_forget(run.journal);
	return r;
}
