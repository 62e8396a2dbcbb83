// SPDX-License-Identifier: GPL-2.0-only
/* Follows a run on the board to its end. */
#include "host/run/internal.h"

#include "common/log.h"
#include "common/process.h"
#include "host/judge/words.h"

#include <errno.h>

#define TURN_MS     200  /* for one receive */
#define SILENCE_MS  3000 /* an agent sends something every second */
#define IN_VAIN_MAX 3    /* supervisors in a row that end before any module begins */

static void say_progress(const struct run *run, const struct evidence *e)
{
	const struct evidence_list *list = run_evidence(run);
	size_t done = 0;

	if (!run->q->progress || !e->trial.n_marks)
		return;
	for (size_t i = 0; i < list->n; i++)
		done += list->items[i]->trial.ended && list->items[i]->attempt == 1;
	run->q->progress(step_progress(e->trial.marks[e->trial.n_marks - 1].step), e->plan.name,
			 done, list->n_modules, run->q->arg);
}

static int take_entry(struct run *run, const struct frame *frame)
{
	const struct evidence *before = run_evidence(run)->current, *e;
	size_t marks = before ? before->trial.n_marks : 0;
	int r = run_journal_add(run->journal, frame);

	run_standing_heard(run->standing);
	run_link_heard(run->link);
	if (r < 0) {
		/* What follows cannot be judged. */
		if (run_send_cancel(run) == 0)
			(void)session_flush(run_link_session(run->link));
		return r;
	}
	e = run_evidence(run)->current;
	if (e && (e != before || e->trial.n_marks != marks))
		say_progress(run, e);
	return 0;
}

/* --- interruption ------------------------------------------------------------------------- */

static void take_interrupt(struct run *run)
{
	run_wait_interrupt(run->wait);
	run_journal_mark(run->journal, MARK_CANCELLED);
}

/* Cancels the run, and gives it some time to end properly. */
static int interrupt(struct run *run)
{
	if (run_wait_is_interrupted(run->wait)) {
		log_warn("Board %s is still ending run %s", run->q->board->name,
			 run_journal_id(run->journal));
		log_hint("Run outpost results later to collect it");
		return -EINTR;
	}
	take_interrupt(run);
	log_info(
		"Interrupted. Ending the run and cleaning up the board. Press Ctrl-C again to quit immediately.");
	run_say(run, "ending the run", "");
	return run_send_cancel(run);
}

/* --- a board that sends nothing --------------------------------------------------------------- */

/* Too many connections in a row brought nothing: gives the run up as lost (logged). */
static bool is_futile(struct run *run)
{
	if (!run_link_is_futile(run->link, run_recovery_return_ms(run->recovery)))
		return false;
	log_error(
		"Board %s answers, but has sent nothing new of run %s over the last %u connections",
		run->q->board->name, run_journal_id(run->journal), run_link_futile(run->link) - 1);
	log_hint("Run outpost results later to collect the run");
	run_standing_end(run->standing, RUN_LOST);
	return true;
}

static int attach_again(struct run *run)
{
	int r = run_reconnect(run);

	if (r == -EINTR) {
		take_interrupt(run);
		log_warn("Board %s does not answer", run->q->board->name);
		log_hint("Run outpost results later to collect run %s",
			 run_journal_id(run->journal));
		return r;
	}
	if (r < 0) {
		run_standing_end(run->standing, RUN_LOST);
		return 0;
	}
	run_standing_reattach(run->standing);
	return run_wait_is_interrupted(run->wait) ? run_send_cancel(run) : 0;
}

int run_reattach(struct run *run)
{
	if (is_futile(run))
		return 0;
	run_recovery_note_cut(run->recovery);
	return attach_again(run);
}

/*
 * The board answers, but the supervisor is stuck (on a dead disk, for example), and no
 * watchdog fires.
 */
static int wake(struct run *run)
{
	if (is_futile(run))
		return 0;
	log_error("Board %s answers, but has written nothing of run %s for %lld s: its supervisor "
		  "is stuck",
		  run->q->board->name, run_journal_id(run->journal),
		  run_quiet_ms(run->q, run_evidence(run)) / 1000);
	run_recovery_note_cut(run->recovery);
	run_recovery_note_stuck(run->recovery);
	if (run_recovery_power_cycle(run->recovery))
		return attach_again(run);
	run_journal_mark(run->journal, MARK_RESET); /* a reset by the user is ours, too */
	log_hint("Reset it, then run outpost results to collect the run");
	run_standing_end(run->standing, RUN_LOST);
	return 0;
}

/* --- turns --------------------------------------------------------------------------------- */

static void tell_apart(struct run *run)
{
	run_recovery_tell_apart(run->recovery, run_standing_has_ended(run->standing), false);
}

/* No supervisor carries the run out, and its whole journal was read: starts the rest. */
static int go_on(struct run *run)
{
	const struct evidence_list *list = run_evidence(run);

	if (run_wait_is_interrupted(run->wait))
		return -EINTR;
	/* A panic on purpose needs somebody to stand by. */
	if (run_wait_is_unwanted(run->wait) ||
	    (run->adopted && list->plan.purpose == outpost_Purpose_PROVE)) {
		run_standing_end(run->standing, RUN_FAILED);
		return 0;
	}
	/* For example, its host went away while it waited for its turn: do not start it now. */
	if (run->adopted && (!list->has_boot || !run_adopt_plan(run))) {
		run_standing_end(run->standing, RUN_UNKNOWN);
		return 0;
	}
	tell_apart(run);
	if (run_standing_in_vain(run->standing) > IN_VAIN_MAX) {
		log_error("Board %s cannot carry out run %s: its supervisor ends before any "
			  "module begins",
			  run->q->board->name, run_journal_id(run->journal));
		return -EIO;
	}
	return run_send_rest(run);
}

/*
 * A board that receives files or starts a run may send no sign of life for a while. Where it
 * owes an answer, or the rest of a journal, signs of life do not count.
 */
static bool is_silent(const struct run *run)
{
	const struct session *session = run_link_session(run->link);
	bool starts = run_standing_state(run->standing) == RUN_STARTING;

	return (!starts && session_silence_ms(session) > SILENCE_MS) ||
	       (run_standing_is_owed(run->standing) &&
		session_stall_ms(session) > run_patience_ms(run->q));
}

static bool is_stuck(const struct run *run)
{
	return run_standing_state(run->standing) == RUN_GOING &&
	       !run_standing_is_free(run->standing) &&
	       run_standing_quiet_ms(run->standing) > run_quiet_ms(run->q, run_evidence(run));
}

static int take_turn(struct run *run)
{
	struct frame frame;
	int r;

	if (run_standing_wants_rest(run->standing))
		return go_on(run);
	r = session_receive(run_link_session(run->link), TURN_MS, &frame);
	if (r == SESSION_FRAME)
		return frame.type == FRAME_ENTRY ? take_entry(run, &frame)
						 : run_take_reply(run, &frame);
	if (r == -EINTR)
		return interrupt(run);
	if (r == SESSION_ENDED || is_silent(run))
		return run_reattach(run);
	return r == SESSION_NOTHING && is_stuck(run) ? wake(run) : r;
}

/* 0 to go on, or -errno. */
static int turn(struct run *run)
{
	int r = take_turn(run);

	if (r < 0 || !run_wait_is_interrupted(run->wait) || !run_wait_is_over(run->wait))
		return r;
	log_warn("Board %s has not ended the run within %d s", run->q->board->name,
		 RUN_CANCEL_MS / 1000);
	log_hint("Run outpost results later to see how it ended");
	return -EINTR;
}

int run_follow(struct run *run)
{
	while (!run_standing_is_over(run->standing)) {
		int r = turn(run);

		if (r < 0)
			return r;
	}
	return 0;
}

/* --- the second attempt ---------------------------------------------------------------------- */

/*
 * Waits until the supervisor that wrote the end releases the board. 1; 0: it does not in time
 * (logged), or the run cannot go on; -errno.
 */
static int wait_for_release(struct run *run)
{
	while (!run_standing_is_free(run->standing)) {
		enum run_state state;
		int r;

		run_standing_end(run->standing, RUN_ENDED);
		r = turn(run);
		if (r < 0)
			return r;
		state = run_standing_state(run->standing);
		if (run_wait_is_interrupted(run->wait) || state > RUN_ENDED)
			return 0;
		/* The time that it took to reconnect does not count. */
		if (run_standing_quiet_ms(run->standing) <= run_patience_ms(run->q))
			continue;
		log_warn("Board %s is still held %d s after the end of run %s: inconclusive "
			 "modules are not tried again",
			 run->q->board->name, run_patience_ms(run->q) / 1000,
			 run_journal_id(run->journal));
		log_hint(
			"Run outpost doctor to see the state of the board, or reboot it to release it");
		run_standing_end(run->standing, RUN_ENDED);
		return 0;
	}
	return 1;
}

/* Tries the doubtful modules a second time when the board is free. */
int run_second_attempt(struct run *run)
{
	struct run_recovery *recovery = run->recovery;
	outpost_Start start = { 0 };
	bool seen = run_recovery_saw_reboot(recovery); /* earlier, at an unknown time */
	int r;

	if (run_standing_state(run->standing) != RUN_ENDED || run_wait_is_unwanted(run->wait) ||
	    run_evidence(run)->run_end.cancelled || run->q->purpose != outpost_Purpose_TEST)
		return 0;
	run_doubtful(run, &start);
	if (!start.indices_count)
		return 0;
	r = wait_for_release(run);
	/*
	 * It happened while we watched: any module may have left behind what took the board
	 * down.
	 */
	if (!seen && run_recovery_saw_reboot(recovery)) {
		run_recovery_blame_end(recovery);
		return r < 0 ? r : 0;
	}
	if (r <= 0)
		return r;
	tell_apart(run); /* the second attempt does not change the first */
	run_standing_begin_second(run->standing, &start);
	run_wait_turn_came(run->wait);
	r = run_send_start(run, &start);
	return r < 0 ? r : run_follow(run);
}
