// SPDX-License-Identifier: GPL-2.0-only
#include "host/run/internal.h"

#include "common/alloc.h"
#include "common/clock.h"
#include "common/process.h"

#define BUSY_GRACE_MS 2000 /* a run that is ending releases the board within this time */

struct run_wait {
	const struct run_request *q;
	bool cancelled;     /* the user has interrupted */
	bool given_up;      /* the user interrupted an earlier host process */
	int signal;         /* the signal that interrupted */
	long long until_ms; /* limit of the wait for our turn, or after an interrupt; 0: none */
};

struct run_wait *run_wait_new(const struct run_request *q)
{
	struct run_wait *w = xcalloc(1, sizeof(*w));

	w->q = q;
	return w;
}

void run_wait_free(struct run_wait *w)
{
	free(w);
}

void run_wait_interrupt(struct run_wait *w)
{
	w->cancelled = true;
	w->signal = process_interrupted;
	w->until_ms = run_now_ms(w->q) + RUN_CANCEL_MS;
	process_interrupted = 0; /* so that a second signal is noticed */
}

bool run_wait_is_interrupted(const struct run_wait *w)
{
	return w->cancelled;
}

void run_wait_pass_interrupt_on(const struct run_wait *w)
{
	process_interrupted = w->signal;
}

void run_wait_give_up(struct run_wait *w)
{
	w->given_up = true;
}

bool run_wait_is_unwanted(const struct run_wait *w)
{
	return w->cancelled || w->given_up;
}

void run_wait_for_turn(struct run_wait *w)
{
	int ms = w->q->wait_ms > BUSY_GRACE_MS ? w->q->wait_ms : BUSY_GRACE_MS;

	if (!w->until_ms)
		w->until_ms = run_now_ms(w->q) + ms;
}

void run_wait_turn_came(struct run_wait *w)
{
	if (!w->cancelled)
		w->until_ms = 0;
}

bool run_wait_is_over(const struct run_wait *w)
{
	return w->until_ms && run_now_ms(w->q) > w->until_ms;
}

long long run_now_ms(const struct run_request *q)
{
	return q->now_ms ? q->now_ms() : monotonic_ms();
}

int run_patience_ms(const struct run_request *q)
{
	return q->patience_ms ? q->patience_ms : RUN_PATIENCE_MS;
}

long long run_quiet_ms(const struct run_request *q, const struct evidence_list *list)
{
	long long longest = 0, tidying = 0;

	for (size_t i = 0; i < list->n_modules; i++) {
		const outpost_PlanModule *m = &list->modules[i];
		long long ms = (long long)m->load_ms + m->test_ms + m->unload_ms + m->settle_ms;

		longest = ms > longest ? ms : longest;
		tidying += m->unload_ms; /* cleaning up after a killed supervisor */
	}
	return run_patience_ms(q) + tidying + longest;
}
