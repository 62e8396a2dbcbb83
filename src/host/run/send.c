// SPDX-License-Identifier: GPL-2.0-only
/* What a run says to the board. */
#include "host/run/internal.h"

#include "common/clock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int run_send_start(struct run *run, const outpost_Start *what)
{
	outpost_Request request = { .which_body = outpost_Request_start_tag, .body.start = *what };

	proto_set(request.body.start.run, run->id);
	request.body.start.attempt = run->attempt;
	request.body.start.offset = run->offset;
	run->state = RUN_STARTING;
	run->lock_is_free = run->started = false;
	run->start_n = run->list.n;
	return session_send(*run->session, &request);
}

int run_send_rest(struct run *run)
{
	outpost_Start start = { 0 };

	if (run->attempt > 1)
		run_doubtful(run, &start);
	else
		run_rest(run, &start);
	return run_send_start(run, &start);
}

static int send_plan(struct run *run)
{
	const struct run_request *q = run->q;
	outpost_Request request = { .which_body = outpost_Request_plan_tag };
	outpost_Plan *plan = &request.body.plan;
	int r;

	proto_set(plan->run, run->id);
	session_name_user(plan->user, sizeof(plan->user));
	plan->modules = (uint32_t)run->plan.n;
	plan->repeat = (uint32_t)(q->repeat > 0 ? q->repeat : 1);
	plan->no_reboot = q->no_reboot;
	plan->purpose = q->purpose;
	r = session_send(*run->session, &request);
	for (size_t i = 0; r == 0 && i < run->plan.n; i++) {
		request.which_body = outpost_Request_module_tag;
		request.body.module = run->plan.modules[i];
		r = session_send(*run->session, &request);
	}
	return r;
}

int run_send_flight(struct run *run)
{
	int r = deploy_send(run->deploy, *run->session);

	if (r == 0)
		r = send_plan(run);
	if (r == 0)
		r = run_send_rest(run);
	run->sent_ms = monotonic_ms();
	return r;
}

int run_send_cancel(struct run *run)
{
	outpost_Request request = { .which_body = outpost_Request_cancel_tag };

	proto_set(request.body.cancel.run, run->id);
	return session_send(*run->session, &request);
}

int run_send_attach(struct run *run)
{
	outpost_Request request = { .which_body = outpost_Request_attach_tag };

	proto_set(request.body.attach.run, run->id);
	request.body.attach.offset = run->offset;
	run->state = RUN_GOING;
	run->news_ms = monotonic_ms();
	return session_send(*run->session, &request);
}

void run_collected(struct session *session, const struct run_result *result)
{
	outpost_Request request = { .which_body = outpost_Request_collected_tag };

	if (!session || result->open)
		return;
	proto_set(request.body.collected.run, result->run);
	session_tell(session, &request);
}

/* A cut link shows again when the next frame is waited for. */
int run_ignore_cut(int r)
{
	return r == -EPIPE ? 0 : r;
}
