// SPDX-License-Identifier: GPL-2.0-only
#include "host/run/internal.h"

#include "common/alloc.h"
#include "common/log.h"

#include <errno.h>

struct run_standing {
	const struct run_request *q;
	const struct run_journal *journal;
	enum run_state state;
	uint32_t attempt;
	outpost_Start second;  /* the modules of the second attempt */
	size_t old_ends;       /* number of RunEnds before the second attempt */
	bool started;          /* the board has confirmed the last Start */
	bool lock_is_free;     /* the board has reported that nobody carries the run out */
	size_t start_n;        /* number of attempts at the last Start */
	unsigned int in_vain;  /* supervisors in a row that began no module */
	uint64_t pending_size; /* in RUN_INTERRUPTED: entries up to this offset are still to come */
	long long news_ms;     /* when the last entry or state of the run came */
};

struct run_standing *run_standing_new(const struct run_request *q,
				      const struct run_journal *journal)
{
	struct run_standing *s = xcalloc(1, sizeof(*s));

	s->q = q;
	s->journal = journal;
	s->attempt = 1;
	return s;
}

void run_standing_free(struct run_standing *s)
{
	free(s);
}

enum run_state run_standing_state(const struct run_standing *s)
{
	return s->state;
}

bool run_standing_is_over(const struct run_standing *s)
{
	return s->state >= RUN_ENDED;
}

bool run_standing_has_ended(const struct run_standing *s)
{
	const struct evidence_list *list = run_journal_evidence(s->journal);

	return list->ended && list->n_ends > s->old_ends;
}

uint32_t run_standing_attempt(const struct run_standing *s)
{
	return s->attempt;
}

void run_standing_start(struct run_standing *s)
{
	s->state = RUN_STARTING;
	s->lock_is_free = s->started = false;
	s->start_n = run_journal_evidence(s->journal)->n;
}

void run_standing_attach(struct run_standing *s)
{
	s->state = RUN_GOING;
	s->news_ms = run_now_ms(s->q);
}

void run_standing_reattach(struct run_standing *s)
{
	if (s->state != RUN_STARTING)
		s->state = RUN_GOING;
	s->news_ms = run_now_ms(s->q);
}

void run_standing_heard(struct run_standing *s)
{
	s->news_ms = run_now_ms(s->q);
	if (run_standing_has_ended(s) && s->state == RUN_GOING)
		s->state = RUN_ENDED;
}

static void interrupted(struct run_standing *s, const outpost_RunState *said)
{
	s->state = RUN_INTERRUPTED;
	s->pending_size = said->size;
}

/* The board reports the end; for us the run has ended when its RunEnd has arrived. */
static void ended(struct run_standing *s, const outpost_RunState *said)
{
	s->state = run_standing_has_ended(s) ? RUN_ENDED : RUN_GOING;
	if (s->state == RUN_ENDED || said->offset < said->size)
		return;
	/* It is the end of the first attempt: the Start of the second was lost with the link. */
	if (s->attempt > 1) {
		interrupted(s, said);
		return;
	}
	log_error("Board %s says that run %s has ended, but its journal does not say how",
		  s->q->board->name, run_journal_id(s->journal));
	s->state = RUN_FAILED;
}

int run_standing_take(struct run_standing *s, const outpost_RunState *said)
{
	bool first = s->state == RUN_STARTING;

	s->news_ms = run_now_ms(s->q);
	switch (said->state) {
	case outpost_RunState_State_RUNNING:
		s->lock_is_free = false;
		s->state = run_standing_has_ended(s) && !first ? RUN_ENDED : RUN_GOING;
		s->started = true;
		return 0;
	case outpost_RunState_State_INTERRUPTED:
		s->lock_is_free = true;
		interrupted(s, said);
		return 0;
	case outpost_RunState_State_ENDED:
		s->lock_is_free = true;
		ended(s, said);
		return 0;
	default: return -EBADMSG;
	}
}

void run_standing_end(struct run_standing *s, enum run_state state)
{
	s->state = state;
}

void run_standing_begin_second(struct run_standing *s, const outpost_Start *what)
{
	s->attempt = 2;
	s->second = *what;
	s->old_ends = run_journal_evidence(s->journal)->n_ends;
}

void run_standing_second(const struct run_standing *s, outpost_Start *start)
{
	const struct evidence_list *list = run_journal_evidence(s->journal);

	start->indices_count = 0;
	for (pb_size_t i = 0; i < s->second.indices_count; i++) {
		const struct evidence *e = evidence_find(list, s->second.indices[i]);

		if (e && e->attempt < 2)
			start->indices[start->indices_count++] = s->second.indices[i];
	}
}

bool run_standing_wants_rest(const struct run_standing *s)
{
	return s->state == RUN_INTERRUPTED && run_journal_offset(s->journal) >= s->pending_size;
}

bool run_standing_is_free(const struct run_standing *s)
{
	return s->lock_is_free;
}

bool run_standing_is_owed(const struct run_standing *s)
{
	return s->state == RUN_STARTING || s->state == RUN_INTERRUPTED || s->lock_is_free;
}

unsigned int run_standing_in_vain(struct run_standing *s)
{
	bool began = run_journal_evidence(s->journal)->n != s->start_n;

	s->in_vain = s->started && !began ? s->in_vain + 1 : 0;
	return s->in_vain;
}

long long run_standing_quiet_ms(const struct run_standing *s)
{
	return run_now_ms(s->q) - s->news_ms;
}
