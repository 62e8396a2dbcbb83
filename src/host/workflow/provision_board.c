// SPDX-License-Identifier: GPL-2.0-only
#include "host/workflow/provision_internal.h"

#include "common/alloc.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/process.h"
#include "common/strv.h"
#include "host/base/progress.h"
#include "host/board/last_seen.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

/* A second connection must come up while the board waits for it. */
#define SECOND_MS 20000

/* A Pi needs half a minute, an emulated one longer; then there may be a check of its disk. */
#define RETURN_MS (5 * 60 * 1000)
#define TURN_MS   2000

static int say_busy(const struct board *board, const outpost_Busy *busy)
{
	log_error("Board %s is in use by %s (run %s)", board->name, busy->user, busy->run);
	log_hint("Run the same command again when it has ended");
	return -EBUSY;
}

int provision_ask(struct session *session, const struct board *board,
		  const outpost_Request *request, int patience_s, outpost_Reply *reply)
{
	long long end = monotonic_ms() + patience_s * 1000ll;
	int r = session_send(session, request);

	while (r >= 0) {
		long long left = end - monotonic_ms();
		struct frame frame;

		r = session_receive(session, left > 0 ? (int)left : 0, &frame);
		if (r == SESSION_ENDED)
			return session_say(session);
		if (r == SESSION_NOTHING)
			return log_error_errno(-ETIMEDOUT, "Board %s has not answered for %d s",
					       board->name, patience_s);
		if (r < 0)
			break;
		memset(reply, 0, sizeof(*reply));
		if (frame.type != FRAME_REPLY ||
		    proto_unpack(&frame, outpost_Reply_fields, reply) < 0)
			return log_error_errno(-EBADMSG, "Board %s: invalid message", board->name);
		if (reply->which_body == outpost_Reply_failure_tag)
			return session_say_failure(session, &reply->body.failure);
		if (reply->which_body == outpost_Reply_busy_tag)
			return say_busy(board, &reply->body.busy);
		return 0;
	}
	if (r == -EINTR)
		log_info("Interrupted; a step that has begun continues on the board");
	return r;
}

/* --- one step ---------------------------------------------------------------------------- */

static int order(struct provision_work *w, struct session *session,
		 const struct provision_step *step, outpost_Provision_What what,
		 outpost_Provisioned *out)
{
	outpost_Request request = { .which_body = outpost_Request_provision_tag };
	_cleanup_free_ outpost_Reply *reply = xcalloc(1, sizeof(*reply));
	int r;

	request.body.provision = w->request;
	request.body.provision.what = what;
	proto_set(request.body.provision.step, step->name);
	r = provision_ask(session, w->board, &request, step->patience_s, reply);
	if (r == 0 && reply->which_body != outpost_Reply_provisioned_tag)
		return log_error_errno(-EBADMSG, "Board %s: invalid message", w->board->name);
	if (r == 0)
		*out = reply->body.provisioned;
	return r;
}

static enum provision_state state_of(const struct provision_work *w, const outpost_Provisioned *out)
{
	switch (out->state) {
	case outpost_Provisioned_State_DONE: return PROVISION_DONE;
	case outpost_Provisioned_State_WOULD: return PROVISION_WOULD;
	case outpost_Provisioned_State_RESTART: /* after --undo: at the next start, whenever */
	case outpost_Provisioned_State_CHANGED:
		return w->request.undo ? PROVISION_UNDONE : PROVISION_CHANGED;
	case outpost_Provisioned_State_SKIPPED: return PROVISION_SKIPPED;
	default: return PROVISION_FAILED;
	}
}

static void add_row(struct provision_work *w, const struct provision_step *step,
		    const outpost_Provisioned *out)
{
	struct provision_row *row = provision_add(w->list, step->name, state_of(w, out));

	for (pb_size_t i = 0; i < out->lines_count; i++)
		strv_add(&row->lines, out->lines[i]);
	if (row->state == PROVISION_SKIPPED || row->state == PROVISION_FAILED)
		row->why = xstrdup(*out->why ? out->why : "the board does not say why");
}

/* --- a second connection ------------------------------------------------------------------- */

/*
 * Not over the shared connection, which was authenticated before the change. 0; -ENOTCONN, not
 * logged, with *why; or -errno, logged.
 */
static int connect_again(const struct board *board, struct session **session, char **why)
{
	const struct session_options fresh = { .fresh = true,
					       .quiet = true,
					       .timeout_ms = SECOND_MS };
	const outpost_Welcome *welcome;
	int r = session_open(board, &fresh, session);

	if (r == 0)
		r = session_welcome(*session, &welcome);
	if (r == -ENOTCONN)
		*why = xstrdup(*session ? session_why(*session) : "ssh cannot be started");
	return r;
}

static int confirm(struct provision_work *w, const struct provision_step *step,
		   outpost_Provisioned *out)
{
	_cleanup_(session_closep) struct session *second = NULL;
	_cleanup_free_ outpost_Provisioned *answer = xcalloc(1, sizeof(*answer));
	_cleanup_free_ char *why = NULL;
	int r = connect_again(w->board, &second, &why);

	if (r == 0)
		r = order(w, second, step, outpost_Provision_What_CONFIRM, answer);
	if (r == 0 && answer->state == outpost_Provisioned_State_CHANGED) {
		out->state = outpost_Provisioned_State_CHANGED;
		return 0;
	}
	if (r < 0 && !why)
		return r;
	w->stop = true;
	out->state = outpost_Provisioned_State_FAILED;
	snprintf(out->why, sizeof(out->why),
		 "a second connection failed (%.200s), so the board undoes it within %u s",
		 why ? why : answer->why, (unsigned int)out->seconds);
	return 0;
}

/* --- a restart ---------------------------------------------------------------------------- */

/* Connects until another boot answers. 0, -ETIMEDOUT (not logged), or -errno. */
static int await_boot(struct provision_work *w, const char *boot_id)
{
	int limit = w->options->return_ms ? w->options->return_ms : RETURN_MS;
	long long begin = monotonic_ms();

	while (monotonic_ms() - begin < limit) {
		_cleanup_free_ char *why = NULL;
		const outpost_Welcome *welcome;
		int r;

		session_drop_master(w->board);
		r = connect_again(w->board, &w->session, &why);
		welcome = r == 0 ? session_welcomed(w->session) : NULL;
		if (welcome && strcmp(welcome->boot_id, boot_id) != 0) {
			last_seen_set_return_ms(w->board->name, monotonic_ms() - begin);
			return 0;
		}
		if (w->session)
			session_close(TAKE_PTR(w->session));
		if (r < 0 && r != -ENOTCONN)
			return r;
		poll(NULL, 0, TURN_MS);
		if (process_interrupted)
			return -EINTR;
		log_tick();
	}
	return -ETIMEDOUT;
}

/* Restarts the board, and lets the step go on; *out becomes its answer. */
static int restart(struct provision_work *w, const struct provision_step *step,
		   outpost_Provisioned *out)
{
	_cleanup_free_ outpost_Provisioned *answer = xcalloc(1, sizeof(*answer));
	const outpost_Welcome *welcome;
	char boot_id[sizeof(welcome->boot_id)];
	int r = session_welcome(w->session, &welcome);

	if (r == 0) {
		proto_set(boot_id, welcome->boot_id);
		progress_step("waiting for the board to restart");
		r = order(w, w->session, step, outpost_Provision_What_REBOOT, answer);
	}
	if (r < 0)
		return r;
	session_close(TAKE_PTR(w->session));
	r = await_boot(w, boot_id);
	if (r == -ETIMEDOUT) {
		log_error("Board %s has not come back", w->board->name);
		log_hint(
			"Switch it off and on: if its firmware tried the new config.txt (tryboot), it "
			"starts with the old one; then repeat this command");
		return r;
	}
	if (r == 0)
		r = order(w, w->session, step, outpost_Provision_What_DO, answer);
	if (r < 0)
		return r;
	out->state = answer->state == outpost_Provisioned_State_DONE
			     ? outpost_Provisioned_State_CHANGED
			     : answer->state;
	proto_set(out->why, answer->why);
	return 0;
}

int provision_on_board(struct provision_work *w, const struct provision_step *step)
{
	_cleanup_free_ outpost_Provisioned *out = xcalloc(1, sizeof(*out));
	bool waits = step->restarts && !w->options->restart && !w->request.undo;
	outpost_Provision_What what = w->options->dry_run || waits ? outpost_Provision_What_LOOK
								   : outpost_Provision_What_DO;
	int r;

	progress_step("%s: %s", step->name, step->summary);
	r = order(w, w->session, step, what, out);
	if (r == 0 && out->state == outpost_Provisioned_State_UNCONFIRMED)
		r = confirm(w, step, out);
	if (r == 0 && out->state == outpost_Provisioned_State_RESTART && !w->request.undo)
		r = restart(w, step, out);
	if (r < 0)
		return r;
	add_row(w, step, out);
	if (waits && !w->options->dry_run && out->state == outpost_Provisioned_State_WOULD)
		w->list->rows[w->list->n - 1].state = PROVISION_WAITS;
	return 0;
}
