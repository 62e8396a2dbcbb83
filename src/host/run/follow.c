// SPDX-License-Identifier: GPL-2.0-only
/* Following a run on the board to its end. */
#include "host/run/internal.h"

#include "common/clock.h"
#include "common/log.h"
#include "common/process.h"
#include "host/judge/words.h"

#include <errno.h>

#define TURN_MS     200   /* between looks at the clock */
#define SILENCE_MS  3000  /* an agent says something every second */
#define IN_VAIN_MAX 3     /* supervisors that end at once */
#define FUTILE_MAX  5     /* connections over which nothing was heard of the run */
#define CANCEL_MS   15000 /* for a run to end properly */

static void say_progress(const struct run *run, const struct evidence *e)
{
	size_t done = 0;

	if (!run->q->progress || !e->trial.n_marks)
		return;
	for (size_t i = 0; i < run->list.n; i++)
		done += run->list.items[i]->trial.ended && run->list.items[i]->attempt == 1;
	run->q->progress(step_progress(e->trial.marks[e->trial.n_marks - 1].step), e->plan.name,
			 done, run->list.n_modules, run->q->arg);
}

static int take_entry(struct run *run, const struct frame *frame)
{
	const struct evidence *before = run->list.current, *e;
	size_t marks = before ? before->trial.n_marks : 0;
	int r = run_journal_add(run, frame);

	run->entry_ms = run->news_ms = monotonic_ms();
	run->futile = 0;
	if (r < 0) {
		/* Nothing that it does from here on can be judged. */
		if (run_send_cancel(run) == 0)
			(void)session_flush(*run->session);
		return r;
	}
	e = run->list.current;
	if (e && (e != before || e->trial.n_marks != marks))
		say_progress(run, e);
	if (run_has_ended(run) && run->state == RUN_GOING)
		run->state = RUN_ENDED;
	return 0;
}

/* The user wants an end: the run is cancelled, and has some time to end properly. */
static int interrupt(struct run *run)
{
	if (run->cancelled) {
		log_warn(
			"Run %s goes on ending by itself on board %s; outpost results collects it.",
			run->id, run->q->board->name);
		return -EINTR;
	}
	run->signal = process_interrupted;
	run->cancelled = true;
	run->give_up_ms = monotonic_ms() + CANCEL_MS;
	run_note_cancel(run);
	process_interrupted = 0; /* a second one comes here again */
	log_info(
		"Interrupted: the run is ended and the board tidied up. Once more leaves at once.");
	if (run->q->progress)
		run->q->progress("ending the run", "", 0, 0, run->q->arg);
	return run_send_cancel(run);
}

/* Too many connections in a row came to nothing: then the run is lost, said. */
static bool is_futile(struct run *run)
{
	if (!run->futile++)
		run->futile_ms = monotonic_ms();
	if (run->futile <= FUTILE_MAX || monotonic_ms() - run->futile_ms <= run_return_ms(run))
		return false;
	log_error("Board %s answers, but says nothing new of run %s: %u connections in a row came "
		  "to nothing.",
		  run->q->board->name, run->id, run->futile - 1);
	log_hint("What it has of it is collected later: outpost results.");
	run->state = RUN_LOST;
	return true;
}

static int attach_anew(struct run *run)
{
	int r = run_reconnect(run);

	if (r == -EINTR) {
		run->signal = process_interrupted;
		run->cancelled = true;
		run_note_cancel(run);
		log_warn("Board %s does not answer; what it has of run %s is collected later: "
			 "outpost results.",
			 run->q->board->name, run->id);
		return r;
	}
	if (r < 0) {
		run->state = RUN_LOST;
		return 0;
	}
	if (run->state != RUN_STARTING)
		run->state = RUN_GOING;
	run->news_ms = monotonic_ms();
	return run->cancelled ? run_send_cancel(run) : 0;
}

int run_reattach(struct run *run)
{
	if (is_futile(run))
		return 0;
	run_note_cut(run);
	return attach_anew(run);
}

/* The board is there, and whoever carries out the run is stuck: its disk is dead, say, and no
 * watchdog bites. */
static int wake(struct run *run)
{
	if (is_futile(run))
		return 0;
	log_error(
		"Board %s answers, but has written nothing of run %s for %lld s: its supervisor is "
		"stuck.",
		run->q->board->name, run->id, run_quiet_ms(run) / 1000);
	run_note_cut(run);
	run->stuck = true;
	if (run_power_cycle(run))
		return attach_anew(run);
	run_note_reset(run); /* whoever follows the hint does so at our word */
	log_hint("Reset it; what it has of the run is collected then: outpost results.");
	run->state = RUN_LOST;
	return 0;
}

/* Nobody carries it out any more, and all there is of it was read: the rest is started. */
static int go_on(struct run *run)
{
	if (run->cancelled)
		return -EINTR;
	/* Nobody is there any more to stand by for a panic on purpose. */
	if (run->given_up || (run->adopted && run->list.plan.purpose == outpost_Purpose_PROVE)) {
		run->state = RUN_FAILED;
		return 0;
	}
	/* Its host went away while it waited for its turn, say: nobody wants it to begin now. */
	if (run->adopted && (!run->list.has_boot || !run_adopt_plan(run))) {
		run->state = RUN_UNKNOWN;
		return 0;
	}
	run_tell_apart(run);
	run->in_vain = run->started && run->list.n == run->start_n ? run->in_vain + 1 : 0;
	if (run->in_vain > IN_VAIN_MAX) {
		log_error("Board %s cannot carry out run %s: its supervisor ends before it begins "
			  "with a module.",
			  run->q->board->name, run->id);
		return -EIO;
	}
	return run_send_rest(run);
}

/* While it takes in files and starts there may be no sign of life for a while. And signs of life
 * are no answer, nor the rest of a journal that is there to be read. */
static bool is_silent(const struct run *run)
{
	bool starts = run->state == RUN_STARTING;
	bool owes = starts || run->state == RUN_INTERRUPTED || run->lock_is_free;

	return (!starts && session_silence_ms(*run->session) > SILENCE_MS) ||
	       (owes && session_stall_ms(*run->session) > run_patience_ms(run));
}

static bool is_stuck(const struct run *run)
{
	return run->state == RUN_GOING && !run->lock_is_free &&
	       monotonic_ms() - run->news_ms > run_quiet_ms(run);
}

static int take_turn(struct run *run)
{
	struct frame frame;
	int r;

	if (run->state == RUN_INTERRUPTED && run->offset >= run->pending_size)
		return go_on(run);
	r = session_receive(*run->session, TURN_MS, &frame);
	if (r == 1)
		return frame.type == FRAME_ENTRY ? take_entry(run, &frame)
						 : run_take_reply(run, &frame);
	if (r == -EINTR)
		return interrupt(run);
	if (r == -EPIPE || r == -EBADMSG || is_silent(run))
		return run_reattach(run);
	return r == 0 && is_stuck(run) ? wake(run) : r;
}

/* One turn. 0 to go on, or -errno. */
static int turn(struct run *run)
{
	int r = take_turn(run);

	if (r < 0 || !run->cancelled || monotonic_ms() <= run->give_up_ms)
		return r;
	log_warn("Board %s has not ended the run within %d s.", run->q->board->name,
		 CANCEL_MS / 1000);
	log_hint("outpost results shows how it ended, once it has.");
	return -EINTR;
}

static bool is_over(const struct run *run)
{
	return run->state != RUN_STARTING && run->state != RUN_GOING &&
	       run->state != RUN_INTERRUPTED;
}

int run_follow(struct run *run)
{
	while (!is_over(run)) {
		int r = turn(run);

		if (r < 0)
			return r;
	}
	return 0;
}

/* The supervisor has written the end, and lets go of the board: 1; 0: not in its time (said), or
 * there is no going on; -errno. */
static int wait_for_release(struct run *run)
{
	while (!run->lock_is_free) {
		int r;

		run->state = RUN_ENDED;
		r = turn(run);
		if (r < 0)
			return r;
		if (run->cancelled || (is_over(run) && run->state != RUN_ENDED))
			return 0;
		/* Not counting the time that it took to reach the board anew. */
		if (monotonic_ms() - run->news_ms <= run_patience_ms(run))
			continue;
		log_warn(
			"Board %s is still held %d s after the end of run %s: what is inconclusive "
			"is not tried again.",
			run->q->board->name, run_patience_ms(run) / 1000, run->id);
		log_hint("'outpost doctor' shows how the board is; rebooting it frees it.");
		run->state = RUN_ENDED;
		return 0;
	}
	return 1;
}

/* The doubtful ones once more, once the board is free. */
int run_once_more(struct run *run)
{
	outpost_Start start = { 0 };
	bool seen = run->reboot.seen; /* before the end, or a day after it: nobody knows */
	int r;

	if (run->state != RUN_ENDED || run->cancelled || run->given_up ||
	    run->list.run_end.cancelled || run->q->purpose != outpost_Purpose_TEST)
		return 0;
	run_doubtful(run, &start);
	if (!start.indices_count)
		return 0;
	r = wait_for_release(run);
	/* Before our eyes: any of them may have left behind what took the board down. */
	run->reboot.after_end = !seen && run->reboot.seen;
	if (r <= 0 || run->reboot.after_end)
		return r < 0 ? r : 0;
	run_tell_apart(run); /* nothing of the second attempt concerns the first */
	run->attempt = 2;
	run->old_ends = run->list.n_ends;
	run->give_up_ms = 0;
	r = run_send_start(run, &start);
	return r < 0 ? r : run_follow(run);
}
