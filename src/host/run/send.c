// SPDX-License-Identifier: GPL-2.0-only
/* The requests that a run sends to the board. */
#include "host/run/internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int run_send_start(struct run *run, const outpost_Start *what)
{
	outpost_Request request = { .which_body = outpost_Request_start_tag, .body.start = *what };

	proto_set(request.body.start.run, run_journal_id(run->journal));
	request.body.start.attempt = run_standing_attempt(run->standing);
	request.body.start.offset = run_journal_offset(run->journal);
	run_standing_start(run->standing);
	return session_send(run_link_session(run->link), &request);
}

int run_send_rest(struct run *run)
{
	outpost_Start start = { 0 };

	if (run_standing_attempt(run->standing) > 1)
		run_standing_second(run->standing, &start);
	else
		run_rest(run, &start);
	return run_send_start(run, &start);
}

static int send_plan(struct run *run)
{
	const struct run_request *q = run->q;
	struct session *session = run_link_session(run->link);
	outpost_Request request = { .which_body = outpost_Request_plan_tag };
	outpost_Plan *plan = &request.body.plan;
	int r;

	proto_set(plan->run, run_journal_id(run->journal));
	session_name_user(plan->user, sizeof(plan->user));
	plan->modules = (uint32_t)run->plan.n;
	plan->repeat = (uint32_t)(q->repeat > 0 ? q->repeat : 1);
	plan->no_reboot = q->no_reboot;
	plan->purpose = q->purpose;
	r = session_send(session, &request);
	for (size_t i = 0; r == 0 && i < run->plan.n; i++) {
		request.which_body = outpost_Request_module_tag;
		request.body.module = run->plan.modules[i];
		r = session_send(session, &request);
	}
	return r;
}

int run_send_flight(struct run *run)
{
	int r = run_flight_send(run->flight, run_link_session(run->link));

	if (r == 0)
		r = send_plan(run);
	if (r == 0)
		r = run_send_rest(run);
	run_flight_sent(run->flight);
	return r;
}

int run_send_cancel(struct run *run)
{
	outpost_Request request = { .which_body = outpost_Request_cancel_tag };

	proto_set(request.body.cancel.run, run_journal_id(run->journal));
	return session_send(run_link_session(run->link), &request);
}

int run_send_attach(const struct run_journal *journal, struct session *session)
{
	outpost_Request request = { .which_body = outpost_Request_attach_tag };

	proto_set(request.body.attach.run, run_journal_id(journal));
	request.body.attach.offset = run_journal_offset(journal);
	return session_send(session, &request);
}

void run_collected(struct session *session, const struct run_result *result)
{
	outpost_Request request = { .which_body = outpost_Request_collected_tag };

	if (!session || result->open)
		return;
	proto_set(request.body.collected.run, result->run);
	session_tell(session, &request);
}

/* A cut link shows again in the next session_receive(). */
int run_ignore_cut(int r)
{
	return r == SESSION_ENDED ? 0 : r;
}
