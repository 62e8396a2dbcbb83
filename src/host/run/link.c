// SPDX-License-Identifier: GPL-2.0-only
/* When the board has gone quiet: until it answers again, or its time is up. */
#include "host/run/internal.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/process.h"
#include "host/board/last_seen.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

/*
 * For one connection. A board that is rebooting may take it and say no more,
 * so the first ones are short; a slow board needs longer ones.
 */
#define TRY_MS     2000
#define TRY_MAX_MS 20000
#define PAUSE_MS   250

/*
 * Whether that reboot was ordered stands in the part of the journal that is yet
 * to come: see run_tell_apart(). How long the board was gone is measured by our
 * own clock, which is better than the board's: without a clock chip that one
 * starts anywhere.
 */
static void note_reboot(struct run *run, const outpost_Welcome *welcome)
{
	log_debug("Board %s: another boot, %s", run->q->board->name, welcome->boot_id);
	if (run->reboot.seen) /* the first one is yet to be told apart */
		return;
	if (run->alive_ms)
		last_seen_set_return_ms(
			run->q->board->name,
			monotonic_ms() - (run->power_cycled ? run->reset_ms : run->alive_ms));
	run->reboot = (struct run_reboot){
		.seen = true,
		.has_down = run->alive_ms != 0,
		.down_ms = monotonic_ms() - welcome->uptime_s * 1000ll - run->alive_ms,
	};
}

void run_greet(struct run *run, const outpost_Welcome *welcome)
{
	if (*run->boot_id && strcmp(run->boot_id, welcome->boot_id) != 0)
		note_reboot(run, welcome);
	proto_set(run->boot_id, welcome->boot_id);
	proto_set(run->nonce, welcome->nonce);
	if (!*run->first_boot)
		proto_set(run->first_boot, welcome->boot_id);
	proto_set(run->release, welcome->release);
}

/* What the last try met. */
struct obstacle {
	char *why; /* NULL: not known */
	bool barred;
};

static void obstacle_release(struct obstacle *o)
{
	free(o->why);
}

static int try_once(struct run *run, int timeout_ms, struct obstacle *met)
{
	const struct session_options options = { .timeout_ms = timeout_ms,
						 .fresh = true,
						 .quiet = true };
	_cleanup_(session_closep) struct session *session = NULL;
	outpost_Request request = { .which_body = outpost_Request_attach_tag };
	const outpost_Welcome *welcome;
	int r = session_open(run->q->board, &options, &session);

	if (r < 0)
		return r;
	proto_set(request.body.attach.run, run->id);
	request.body.attach.offset = run->offset;
	r = session_send(session, &request);
	if (r == 0)
		r = session_welcome(session, &welcome);
	if (r < 0) {
		free(met->why);
		met->why = xstrdup(session_why(session));
		met->barred = session_is_barred(session);
		return r;
	}
	run_greet(run, welcome);
	*run->session = TAKE_PTR(session);
	return 0;
}

static void pause_a_little(void)
{
	poll(NULL, 0, PAUSE_MS);
	log_tick();
}

int run_reconnect(struct run *run)
{
	const struct board *board = run->q->board;
	_cleanup_(obstacle_release) struct obstacle met = { 0 };
	long long deadline;

	run->alive_ms = monotonic_ms() - session_silence_ms(*run->session);
	log_debug("Board %s: %s; trying again", board->name, session_why(*run->session));
	session_close(TAKE_PTR(*run->session));
	session_drop_master(board);
	deadline = run->alive_ms + run_return_ms(run);
	if (run->q->progress)
		run->q->progress("waiting for the board", "", 0, 0, run->q->arg);
	for (int try_ms = TRY_MS;;
	     try_ms = try_ms * 5 / 4 < TRY_MAX_MS ? try_ms * 5 / 4 : TRY_MAX_MS) {
		int r = process_interrupted ? -EINTR : try_once(run, try_ms, &met);

		if (r == 0 || r == -EINTR)
			return r;
		if (run->give_up_ms && monotonic_ms() > run->give_up_ms)
			return -ETIMEDOUT;
		if (monotonic_ms() > deadline) {
			if (met.barred || (!run_power_cycle(run) && !process_interrupted))
				break;
			deadline = monotonic_ms() + run_return_ms(run);
		}
		pause_a_little();
	}
	log_error("Board %s could not be reached again within %lld s%s%s.", board->name,
		  run_return_ms(run) / 1000, met.why ? ": " : "", met.why ? met.why : "");
	log_hint("What it has of run %s is collected when it is back: outpost results.", run->id);
	return -ETIMEDOUT;
}
