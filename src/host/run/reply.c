// SPDX-License-Identifier: GPL-2.0-only
/* Handles the board's replies: the state of the run, missing files, another holder of the board. */
#include "host/run/internal.h"

#include "common/cleanup.h"
#include "common/log.h"
#include "common/process.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#define BUSY_PAUSE_MS 300

/*
 * A run gets a few: one for each Start and Attach, a Need for each file that the board lacks. Each
 * costs the host something: a line in its log, a file that is sent again.
 */
#define REPLIES_MAX 10000

/*
 * The board does not know the run: the link was cut before the plan arrived, or the board lost
 * power before the plan was on its disk, which it is before a module begins. The run is sent
 * again once, unless another process sent it.
 */
static int send_again(struct run *run)
{
	int r;

	if (!run_flight_may_repeat(run->flight, run_evidence(run)->n > 0)) {
		run_standing_end(run->standing, RUN_UNKNOWN);
		return 0;
	}
	if (run_flight_is_accepted(run->flight)) {
		log_warn("Board %s lost run %s (power cut?); restarting it", run->q->board->name,
			 run_journal_id(run->journal));
		run_recovery_forget(run->recovery);
		r = run_journal_restart(run->journal);
		if (r < 0)
			return r;
		run_link_restart(run->link);
		run_flight_lose(run->flight);
	}
	return run_send_flight(run);
}

static int take_run_state(struct run *run, const outpost_RunState *said)
{
	int r;

	if (strcmp(said->run, run_journal_id(run->journal)) != 0)
		return 0;
	if (said->state == outpost_RunState_State_UNKNOWN)
		return send_again(run);
	run_flight_accept(run->flight);
	r = run_standing_take(run->standing, said);
	if (r < 0)
		return r;
	if (said->state == outpost_RunState_State_RUNNING)
		run_wait_turn_came(run->wait);
	run_journal_rewind(run->journal, said->offset);
	return 0;
}

static void say_busy(const struct run *run, const outpost_Busy *busy)
{
	time_t since = (time_t)busy->since;
	char text[32];
	struct tm tm;

	strftime(text, sizeof(text), "%H:%M:%S", localtime_r(&since, &tm));
	log_error("Board %s is held by %s since %s (run %s)", run->q->board->name,
		  *busy->user ? busy->user : "somebody", text, busy->run);
	log_hint("Use --wait 10m to wait until it is free");
}

/*
 * Asks for the board again. The plan is there already, so only Start is sent. If the board does
 * not answer, the run that holds it may have crashed it.
 */
static int start_again(struct run *run)
{
	const outpost_Welcome *welcome;
	int r = run_link_reopen(run->link);

	if (r == 0)
		r = run_send_rest(run);
	if (r == 0)
		r = session_welcome(run_link_session(run->link), &welcome);
	if (r == 0)
		run_greet(run, welcome);
	if (r == -ENOTCONN)
		r = run_reattach(run);
	run_recovery_forget(run->recovery); /* a reboot is not the fault of our modules */
	if (!run_evidence(run)->n)
		run_link_restart(run->link);
	return r;
}

/* Another run holds the board. */
static int wait_for_turn(struct run *run, const outpost_Busy *busy)
{
	run_wait_for_turn(run->wait);
	if (run_wait_is_over(run->wait)) {
		say_busy(run, busy);
		run_standing_end(run->standing, RUN_HELD);
		return 0;
	}
	if (run->q->wait_ms)
		run_say(run, "waiting for the board, held by", busy->user);
	poll(NULL, 0, BUSY_PAUSE_MS);
	log_tick();
	return start_again(run);
}

static int take_need(struct run *run, const outpost_Need *need)
{
	struct session *session = run_link_session(run->link);
	int r = run_flight_need(run->flight, session, need);

	return r < 0 ? r : run_ignore_cut(session_flush(session));
}

static int too_many(const struct run *run)
{
	log_error("Board %s sends answers to run %s without end; giving it up", run->q->board->name,
		  run_journal_id(run->journal));
	return -EPROTO;
}

int run_take_reply(struct run *run, const struct frame *frame)
{
	outpost_Reply reply = outpost_Reply_init_zero;

	if (proto_unpack(frame, outpost_Reply_fields, &reply) < 0)
		return -EBADMSG;
	/* While the board is held, each question gets its answer. */
	if (reply.which_body != outpost_Reply_busy_tag && ++run->replies > REPLIES_MAX)
		return too_many(run);
	switch (reply.which_body) {
	case outpost_Reply_need_tag: return take_need(run, &reply.body.need);
	case outpost_Reply_run_tag: return take_run_state(run, &reply.body.run);
	case outpost_Reply_busy_tag:
		/* The board did read our Start, over a connection that was cut. */
		if (strcmp(reply.body.busy.run, run_journal_id(run->journal)) == 0)
			return run_reattach(run);
		return wait_for_turn(run, &reply.body.busy);
	case outpost_Reply_pruned_tag:
		log_warn(
			"Board %s had to free space and deleted run %s, which had not been collected",
			run->q->board->name, reply.body.pruned.run);
		return 0;
	case outpost_Reply_failure_tag:
		return session_say_failure(run_link_session(run->link), &reply.body.failure);
	}
	return 0;
}
