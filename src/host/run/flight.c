// SPDX-License-Identifier: GPL-2.0-only
#include "host/run/internal.h"

#include "common/alloc.h"
#include "common/log.h"

#include <errno.h>

struct run_flight {
	const struct run_request *q;
	struct deploy *deploy;
	long long sent_ms, accepted_ms; /* accepted_ms 0: the board has not confirmed the plan */
	bool lost;                      /* the board confirmed the plan earlier, and lost it */
};

struct run_flight *run_flight_new(const struct run_request *q, struct deploy *deploy)
{
	struct run_flight *f = xcalloc(1, sizeof(*f));

	f->q = q;
	f->deploy = deploy;
	return f;
}

void run_flight_free(struct run_flight *f)
{
	if (f->deploy)
		deploy_free(f->deploy);
	free(f);
}

int run_flight_send(struct run_flight *f, struct session *session)
{
	return deploy_send(f->deploy, session);
}

int run_flight_need(struct run_flight *f, struct session *session, const outpost_Need *need)
{
	if (f->deploy)
		return deploy_need(f->deploy, session, need);
	log_error("Board %s has lost files that the run needs", f->q->board->name);
	return -EIO;
}

void run_flight_sent(struct run_flight *f)
{
	f->sent_ms = run_now_ms(f->q);
}

void run_flight_accept(struct run_flight *f)
{
	if (!f->accepted_ms)
		f->accepted_ms = run_now_ms(f->q);
	if (f->deploy)
		deploy_remember(f->deploy);
}

bool run_flight_is_accepted(const struct run_flight *f)
{
	return f->accepted_ms != 0;
}

void run_flight_lose(struct run_flight *f)
{
	f->accepted_ms = 0;
	f->lost = true;
}

bool run_flight_may_repeat(const struct run_flight *f, bool began)
{
	return f->deploy && !(f->accepted_ms && (began || f->lost));
}

int run_flight_ms(const struct run_flight *f)
{
	return f->sent_ms && f->accepted_ms ? (int)(f->accepted_ms - f->sent_ms) : -1;
}
