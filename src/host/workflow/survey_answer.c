// SPDX-License-Identifier: GPL-2.0-only
/* Asks one board. */
#include "host/workflow/survey.h"

#include "host/base/json_make.h"
#include "host/board/session.h"

#include <stdlib.h>

static json_t *unreachable(const struct session *s)
{
	return object_json("{s:b, s:s, s:s}", "reachable", 0, "why",
			   s ? session_why(s) : "cannot start ssh", "hint",
			   s ? session_hint(s) : NULL);
}

static json_t *welcome_json(const outpost_Welcome *w)
{
	return object_json("{s:b, s:s, s:s, s:s, s:s, s:s, s:I}", "reachable", 1, "kernel",
			   w->release, "machine", w->machine, "model", w->model, "agent",
			   w->build_id, "boot_id", w->boot_id, "uptime_s", (json_int_t)w->uptime_s);
}

static void add_status(json_t *answer, const outpost_Status *status)
{
	json_t *loaded = json_array();

	for (pb_size_t i = 0; i < status->loaded_count; i++)
		json_array_append_new(loaded, text_json(status->loaded[i]));
	json_object_set_new(answer, "loaded", loaded);
	json_object_set_new(answer, "loaded_more", json_integer(status->more));
	json_object_set_new(answer, "lock",
			    *status->run ? object_json("{s:s, s:s, s:I}", "run", status->run,
						       "user", status->user, "since_s",
						       (json_int_t)status->since)
					 : json_null());
}

/*
 * An agent that does not know the request does not answer it; its answer to the one behind shows
 * that. Returns what session_await() does.
 */
static int ask_status(struct session *s, int timeout_ms, json_t *answer)
{
	outpost_Request status = { .which_body = outpost_Request_status_tag };
	outpost_Request runs = { .which_body = outpost_Request_runs_tag };
	outpost_Reply reply;
	struct frame frame;
	int r;

	session_send(s, &status);
	session_send(s, &runs);
	while ((r = session_await(s, timeout_ms, &frame)) == SESSION_FRAME) {
		if (frame.type != FRAME_REPLY ||
		    proto_unpack(&frame, outpost_Reply_fields, &reply) < 0)
			continue;
		if (reply.which_body == outpost_Reply_status_tag)
			add_status(answer, &reply.body.status);
		if (reply.which_body == outpost_Reply_status_tag ||
		    reply.which_body == outpost_Reply_done_tag ||
		    reply.which_body == outpost_Reply_failure_tag)
			break;
	}
	return r;
}

json_t *survey_answer(const struct board *board, int timeout_ms)
{
	const struct session_options options = { .timeout_ms = timeout_ms,
						 .quiet = true,
						 .as_found = true };
	_cleanup_(session_closep) struct session *session = NULL;
	const outpost_Welcome *welcome;
	json_t *answer;

	if (session_open(board, &options, &session) < 0 || session_welcome(session, &welcome) < 0)
		return unreachable(session);
	answer = welcome_json(welcome);
	if (ask_status(session, timeout_ms, answer) == SESSION_ENDED) {
		json_decref(answer);
		return unreachable(session);
	}
	return answer;
}
