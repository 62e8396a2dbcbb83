/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a run stands, as far as the host knows. */
#ifndef OUTPOST_RUN_STANDING_H
#define OUTPOST_RUN_STANDING_H

#include "host/run/journal.h"

enum run_state {
	RUN_STARTING, /* Start is on its way */
	RUN_GOING,
	RUN_INTERRUPTED, /* nobody carries it out any more, and it is not through */
	RUN_ENDED,
	RUN_FAILED,  /* it cannot go on; logged */
	RUN_LOST,    /* the board cannot be reached */
	RUN_UNKNOWN, /* the board does not know it */
	RUN_HELD,    /* another run holds the board; logged */
};

struct run_standing;

/* Both must outlive it. RUN_STARTING, in the first attempt. */
struct run_standing *run_standing_new(const struct run_request *q,
				      const struct run_journal *journal);
void run_standing_free(struct run_standing *standing);

enum run_state run_standing_state(const struct run_standing *standing);
/* Nothing more is to be waited for. */
bool run_standing_is_over(const struct run_standing *standing);
/* The run is through, with what was started last. */
bool run_standing_has_ended(const struct run_standing *standing);
uint32_t run_standing_attempt(const struct run_standing *standing);

/* A Start was sent. */
void run_standing_start(struct run_standing *standing);
/* An Attach was sent: the first word of ours, */
void run_standing_attach(struct run_standing *standing);
/* or over another connection than before. */
void run_standing_reattach(struct run_standing *standing);
/* An entry of the journal came. */
void run_standing_heard(struct run_standing *standing);
/* The board says how it stands. 0, or -EBADMSG when it says no such thing. */
int run_standing_take(struct run_standing *standing, const outpost_RunState *said);
/* It comes to its end, in one of the states from RUN_ENDED on. */
void run_standing_end(struct run_standing *standing, enum run_state state);
/* From here on the modules in `what` are tried a second time. */
void run_standing_begin_second(struct run_standing *standing, const outpost_Start *what);
/* Those of them that have not been tried yet. */
void run_standing_second(const struct run_standing *standing, outpost_Start *start);

/* Nobody carries it out any more, and all there is of it was read. */
bool run_standing_wants_rest(const struct run_standing *standing);
/* The board has said that nobody carries it out any more. */
bool run_standing_is_free(const struct run_standing *standing);
/* The board owes an answer: signs of life are none. */
bool run_standing_is_owed(const struct run_standing *standing);
/* Supervisors in a row, up to the last one, that ended before they began with a module. To be asked
 * once for each. */
unsigned int run_standing_in_vain(struct run_standing *standing);
/* How long nothing was heard of the run, neither an entry nor how it stands. */
long long run_standing_quiet_ms(const struct run_standing *standing);

#endif
