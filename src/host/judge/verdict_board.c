// SPDX-License-Identifier: GPL-2.0-only
/* Rules about the board and the run: did they keep going, and what stopped them? */
#include "host/judge/verdict_internal.h"

#include <inttypes.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/alloc.h"

bool rule_plan(struct judge *j)
{
	const struct evidence *e = j->e;

	if (*e->plan.skip)
		return decide(j, VERDICT_SKIP, "load", "%s", e->plan.skip);
	return e->trial.ended && e->trial.end.not_run && !failed_end(j, outpost_Step_PREPARE) &&
	       decide(j, VERDICT_SKIP, "load", "not run: %s", e->trial.end.why);
}

const outpost_StepEnd *stuck_end(const struct judge *j)
{
	for (outpost_Step step = outpost_Step_PREPARE; step <= outpost_Step_RESTORE; step++) {
		const outpost_StepEnd *end = failed_end(j, step);

		if (end && end->stuck)
			return end;
	}
	return NULL;
}

bool rule_stuck(struct judge *j)
{
	const outpost_StepEnd *end = stuck_end(j);

	return end && decide_while(j, VERDICT_HANG, end->step, "time limit exceeded") &&
	       add_outcome(j, "the step did not end even after SIGKILL");
}

/*
 * A reset without an announcement by the kernel follows immediately if something restarts the
 * board, and after the time-out if the watchdog does.
 */
bool rule_watchdog(struct judge *j)
{
	const struct evidence *e = j->e;
	int64_t down_ms;

	if (!evidence_rebooted(e))
		return false;
	if (!e->host.power_cycled && (!e->board.watchdog_s || !evidence_down_ms(e, &down_ms) ||
				      down_ms < (int64_t)e->board.watchdog_s * 500))
		return false;
	decide_while(j, VERDICT_HANG, last_step(e), "the board hung");
	if (e->host.power_cycled)
		return add_outcome(j, "it did not come back by itself: %s",
				   e->host.tried ? e->host.tried : "");
	return add_outcome(j,
			   "its watchdog (%" PRIu32 " s) reset it, and the kernel reported nothing",
			   e->board.watchdog_s);
}

static bool boots_differ(const struct evidence *e)
{
	return (e->trial.has_before && strcmp(e->trial.before.boot_id, e->board.boot_id) != 0) ||
	       (e->trial.has_after && strcmp(e->trial.after.boot_id, e->board.boot_id) != 0);
}

static bool nonces_differ(const struct evidence *e)
{
	return e->board.restored ||
	       (e->trial.has_before && strcmp(e->trial.before.nonce, e->board.nonce) != 0) ||
	       (e->trial.has_after && strcmp(e->trial.after.nonce, e->board.nonce) != 0);
}

bool rule_boot(struct judge *j)
{
	const struct evidence *e = j->e;
	outpost_Step step = last_step(e);

	if (!judge_has(j, MECHANISM_SETTLE) && step >= outpost_Step_SETTLE)
		return false;
	if (evidence_rebooted(e) || boots_differ(e))
		return decide_while(j, VERDICT_CRASH, step, "the board rebooted by itself") &&
		       add_outcome(j, "the kernel reported nothing");
	return nonces_differ(e) && decide_while(j, VERDICT_INCONCLUSIVE, step,
						"the board was restored to an earlier state");
}

static bool add_unreachable(struct judge *j)
{
	const char *tried = j->e->host.tried;

	return add_outcome(j, "it was not reachable again in time%s%s", tried ? ": " : "",
			   tried ? tried : "");
}

bool rule_unreachable(struct judge *j)
{
	const struct evidence *e = j->e;

	if (e->trial.ended && e->trial.has_after)
		return false;
	if (e->host.cut_off)
		return decide_while(j, VERDICT_LOST, last_step(e),
				    "the link to the board died, with no sign that the board "
				    "hung") &&
		       add_outcome(j, "%s", e->host.tried);
	return evidence_unreachable(e) &&
	       decide_while(j, VERDICT_LOST, last_step(e), "the board was lost") &&
	       add_unreachable(j);
}

/*
 * The module had finished, but the board has not been seen alive since: something that the
 * module left behind may have killed it.
 */
bool rule_silence(struct judge *j)
{
	const struct evidence *e = j->e;

	if (e->host.cut_off)
		return decide(j, VERDICT_LOST, "settle",
			      "the board kept running, but the link to it died") &&
		       add_outcome(j, "%s", e->host.tried);
	return evidence_unreachable(e) &&
	       decide(j, VERDICT_LOST, "settle", "the board was lost after %s had finished",
		      e->plan.name) &&
	       add_unreachable(j);
}

bool rule_cancel(struct judge *j)
{
	const struct evidence *e = j->e;
	bool cancelled = e->run.cancelled || e->host.cancelled, cut = !e->trial.ended;

	/* A module that had finished before the user cancelled keeps its result. */
	for (outpost_Step step = outpost_Step_PREPARE; step <= outpost_Step_RESTORE; step++) {
		const outpost_StepEnd *end = failed_end(j, step);

		cut |= end != NULL;
		cancelled |= end && end->cancelled; /* the end of the run may be missing */
	}
	return cancelled && (cut || missing_evidence(j)) &&
	       decide(j, VERDICT_SKIP, step_phase(last_step(e)), "interrupted before it finished");
}

bool rule_prepare(struct judge *j)
{
	const struct evidence *e = j->e;
	const outpost_StepEnd *end = failed_end(j, outpost_Step_PREPARE);

	if (end)
		return decide(j, VERDICT_ERROR, "load", "cannot load what %s needs: %s%s%s",
			      e->plan.name, end->detail, *end->detail && end->error ? ": " : "",
			      end->error ? strerror(end->error) : "");
	return false;
}

bool rule_run(struct judge *j)
{
	return *j->e->run.why && missing_evidence(j) &&
	       decide(j, VERDICT_ERROR, step_phase(last_step(j->e)),
		      "the run could not continue: %s", j->e->run.why);
}
