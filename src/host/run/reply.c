// SPDX-License-Identifier: GPL-2.0-only
/* What the board answers: how the run stands, what is missing, who holds the board. */
#include "host/run/internal.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/process.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#define BUSY_GRACE_MS 2000 /* a run that is just ending holds the board no longer than this */
#define BUSY_PAUSE_MS 300

/* The board took the plan. */
static void accept(struct run *run)
{
	if (!run->accepted_ms)
		run->accepted_ms = monotonic_ms();
	if (run->deploy)
		deploy_remember(run->deploy);
}

/*
 * The board does not know the run. The link was cut before the plan was there; or
 * the board's power before any of it was on its disk, where it is before a module
 * begins. Once that may be, and no run of another process is begun here.
 */
static int tell_again(struct run *run)
{
	int r;

	if (!run->deploy || (run->accepted_ms && (run->list.n || run->forgotten))) {
		run->state = RUN_UNKNOWN;
		return 0;
	}
	if (run->accepted_ms) {
		log_warn("Board %s lost run %s before it began with a module, as in a power cut: "
			 "it is begun anew.",
			 run->q->board->name, run->id);
		r = run_journal_begin_anew(run);
		if (r < 0)
			return r;
		run_tell_apart(run);
		proto_set(run->first_boot, run->boot_id);
		run->accepted_ms = 0;
		run->forgotten = true;
	}
	return run_send_flight(run);
}

static int take_run_state(struct run *run, const outpost_RunState *state)
{
	bool first = run->state == RUN_STARTING;

	if (strcmp(state->run, run->id) != 0)
		return 0;
	if (state->state == outpost_RunState_State_UNKNOWN)
		return tell_again(run);
	accept(run);
	run->news_ms = monotonic_ms();
	switch (state->state) {
	case outpost_RunState_State_RUNNING:
		run->lock_is_free = false;
		run->state = run_has_ended(run) && !first ? RUN_ENDED : RUN_GOING;
		run->started = true;
		if (!run->cancelled) /* it is our turn, and takes as long as it takes */
			run->give_up_ms = 0;
		break;
	case outpost_RunState_State_INTERRUPTED:
		run->lock_is_free = true;
		run->state = RUN_INTERRUPTED;
		run->pending_size = state->size;
		break;
	case outpost_RunState_State_ENDED:
		run->lock_is_free = true;
		run->state = run_has_ended(run) ? RUN_ENDED
						: RUN_GOING; /* until its RunEnd has arrived */
		/* That one is of the first attempt: the Start of the second was lost with the link.
		 */
		if (!run_has_ended(run) && run->attempt > 1 && state->offset >= state->size) {
			run->state = RUN_INTERRUPTED;
			run->pending_size = state->size;
		} else if (!run_has_ended(run) && state->offset >= state->size) {
			log_error("Our copy of the journal of run %s lacks its end, and board %s "
				  "has no more of it.",
				  run->id, run->q->board->name);
			run->state = RUN_FAILED;
		}
		break;
	default: return -EBADMSG;
	}
	run_journal_rewind(run, state->offset);
	return 0;
}

static void say_busy(const struct run *run, const outpost_Busy *busy)
{
	time_t since = (time_t)busy->since;
	char text[32];
	struct tm tm;

	strftime(text, sizeof(text), "%H:%M:%S", localtime_r(&since, &tm));
	log_error("Board %s is held by %s since %s (run %s).", run->q->board->name,
		  *busy->user ? busy->user : "somebody", text, busy->run);
	log_hint("--wait 10m waits until it is free.");
}

/* Somebody else's turn: the plan is on the board already, so only Start is sent again. */
static int wait_for_turn(struct run *run, const outpost_Busy *busy)
{
	long long now = monotonic_ms();
	const outpost_Welcome *welcome;
	int r;

	if (!run->give_up_ms)
		run->give_up_ms =
			now + (run->q->wait_ms > BUSY_GRACE_MS ? run->q->wait_ms : BUSY_GRACE_MS);
	if (now > run->give_up_ms) {
		say_busy(run, busy);
		run->state = RUN_HELD;
		return 0;
	}
	if (run->q->progress && run->q->wait_ms)
		run->q->progress("waiting for the board, held by", busy->user, 0, 0, run->q->arg);
	poll(NULL, 0, BUSY_PAUSE_MS);
	log_tick();
	session_close(TAKE_PTR(*run->session));
	r = session_open(run->q->board, NULL, run->session);
	if (r == 0)
		r = run_send_rest(run);
	return r < 0 ? r : session_welcome(*run->session, &welcome);
}

static int take_need(struct run *run, const outpost_Need *need)
{
	int r;

	if (!run->deploy) {
		log_error("Board %s has lost files of run %s; it cannot be carried on.",
			  run->q->board->name, run->id);
		return -EIO;
	}
	r = deploy_need(run->deploy, *run->session, need);
	return r < 0 ? r : run_ignore_cut(session_flush(*run->session));
}

int run_take_reply(struct run *run, const struct frame *frame)
{
	static outpost_Reply reply;

	reply = (outpost_Reply)outpost_Reply_init_zero;
	if (proto_unpack(frame, outpost_Reply_fields, &reply) < 0)
		return -EBADMSG;
	switch (reply.which_body) {
	case outpost_Reply_need_tag: return take_need(run, &reply.body.need);
	case outpost_Reply_run_tag: return take_run_state(run, &reply.body.run);
	case outpost_Reply_busy_tag:
		/* Our own Start, of a connection that was cut, was read after all. */
		if (strcmp(reply.body.busy.run, run->id) == 0)
			return run_reattach(run);
		return wait_for_turn(run, &reply.body.busy);
	case outpost_Reply_pruned_tag:
		log_warn("Board %s had to make room: run %s is gone, and nobody had collected it.",
			 run->q->board->name, reply.body.pruned.run);
		return 0;
	case outpost_Reply_failure_tag:
		return session_say_failure(*run->session, &reply.body.failure);
	}
	return 0;
}
