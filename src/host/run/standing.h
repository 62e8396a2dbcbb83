/* SPDX-License-Identifier: GPL-2.0-only */
/* The state of a run, as far as the host knows. */
#ifndef OUTPOST_RUN_STANDING_H
#define OUTPOST_RUN_STANDING_H

#include "host/run/journal.h"

enum run_state {
	RUN_STARTING, /* Start is on its way */
	RUN_GOING,
	RUN_INTERRUPTED, /* no supervisor carries it out, and it has not ended */
	RUN_ENDED,
	RUN_FAILED,  /* it cannot go on; logged */
	RUN_LOST,    /* the board cannot be reached */
	RUN_UNKNOWN, /* the board does not know it */
	RUN_HELD,    /* another run holds the board; logged */
};

struct run_standing;

/* In RUN_STARTING, in the first attempt. Both parameters must outlive it. */
struct run_standing *run_standing_new(const struct run_request *q,
				      const struct run_journal *journal);
void run_standing_free(struct run_standing *standing);

enum run_state run_standing_state(const struct run_standing *standing);
/* There is nothing more to wait for. */
bool run_standing_is_over(const struct run_standing *standing);
/* The run has ended, including what was started last. */
bool run_standing_has_ended(const struct run_standing *standing);
uint32_t run_standing_attempt(const struct run_standing *standing);

/* A Start was sent. */
void run_standing_start(struct run_standing *standing);
/* An Attach was sent, as the first request of this process, */
void run_standing_attach(struct run_standing *standing);
/* or after a reconnect. */
void run_standing_reattach(struct run_standing *standing);
/* An entry of the journal arrived. */
void run_standing_heard(struct run_standing *standing);
/* The board reports the state of the run. 0, or -EBADMSG for an unknown state. */
int run_standing_take(struct run_standing *standing, const outpost_RunState *said);
/* Ends the run in one of the states from RUN_ENDED on. */
void run_standing_end(struct run_standing *standing, enum run_state state);
/* From here on the modules in `what` are tried a second time. */
void run_standing_begin_second(struct run_standing *standing, const outpost_Start *what);
/* The modules of the second attempt that have not been tried yet. */
void run_standing_second(const struct run_standing *standing, outpost_Start *start);

/* No supervisor carries the run out, and its whole journal was read. */
bool run_standing_wants_rest(const struct run_standing *standing);
/* The board has reported that nobody carries the run out. */
bool run_standing_is_free(const struct run_standing *standing);
/* The board owes an answer; signs of life do not count as one. */
bool run_standing_is_owed(const struct run_standing *standing);
/*
 * How many supervisors in a row, up to the last one, ended before a module began. Call it once
 * for each.
 */
unsigned int run_standing_in_vain(struct run_standing *standing);
/* How long neither an entry nor a state of the run has come, in milliseconds. */
long long run_standing_quiet_ms(const struct run_standing *standing);

#endif
