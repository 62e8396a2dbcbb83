// SPDX-License-Identifier: GPL-2.0-only
#include "host/board/session_internal.h"

#include "common/alloc.h"
#include "common/clock.h"
#include "common/log.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

/* On top of ssh's own limit, because ssh's message says more than ours. */
#define PATIENCE_MS 500
#define TURN_MS     200   /* between checks of the clock */
#define STUCK_MS    60000 /* even an idle agent sends something every second */

int session_open(const struct board *board, const struct session_options *options,
		 struct session **session)
{
	_cleanup_(session_closep) struct session *s = xcalloc(1, sizeof(*s));
	int r;

	s->board = board;
	if (options)
		s->options = *options;
	if (!s->options.timeout_ms)
		s->options.timeout_ms = SESSION_TIMEOUT_MS;
	s->installed = s->options.as_found; /* so that it never is */
	s->ssh = (struct process){ .in = -1, .out = -1, .error = -1 };
	s->flight = s->incoming = s->errors = s->noise = (struct strbuf)STRBUF_INIT;
	r = greet_say_hello(s, "aarch64"); /* the most likely type of board */
	if (r == 0)
		r = link_connect(s);
	if (r < 0)
		return s->options.quiet ? r : session_say(s);
	*session = TAKE_PTR(s);
	return 0;
}

void session_close(struct session *s)
{
	if (s->told && !link_has_unsent(s))
		ssh_leave(&s->ssh);
	ssh_stop(&s->ssh, &s->errors, 0);
	strbuf_release(&s->flight);
	strbuf_release(&s->incoming);
	strbuf_release(&s->errors);
	strbuf_release(&s->noise);
	failure_release(&s->failure);
	free(s);
}

int session_send(struct session *s, const outpost_Request *request)
{
	uint8_t frame[PROTO_BUFFER];
	ssize_t n = proto_pack(FRAME_REQUEST, outpost_Request_fields, request, frame);

	if (n < 0)
		return (int)n;
	strbuf_add(&s->flight, frame, (size_t)n);
	s->moved_ms = monotonic_ms();
	return 0;
}

int session_send_blob_data(struct session *s, const void *data, size_t n)
{
	const uint8_t *p = data;

	while (n) {
		size_t piece = n < FRAME_MAX ? n : FRAME_MAX;
		uint8_t header[FRAME_HEADER];

		frame_header(header, FRAME_BLOB, p, piece);
		strbuf_add(&s->flight, header, sizeof(header));
		strbuf_add(&s->flight, p, piece);
		p += piece;
		n -= piece;
	}
	return 0;
}

static bool is_overdue(const struct session *s)
{
	return !s->welcomed && s->ssh.pid &&
	       monotonic_ms() - s->heard_ms > s->options.timeout_ms + PATIENCE_MS;
}

/* One step: SESSION_NOTHING if there may be a frame next time. -EBADMSG if it is not one. */
static int turn(struct session *s, long long wait_ms, struct frame *frame)
{
	int r = link_parse(s, frame);

	if (r == SESSION_FRAME)
		return greet_take(s, frame);
	if (r == 0)
		r = link_pump(s, wait_ms);
	if (r == SESSION_ENDED)
		return greet_take_end(s, 0);
	if (r == SESSION_NOTHING && is_overdue(s))
		return greet_take_end(s, s->options.timeout_ms);
	return r;
}

static int bad_message(struct session *s)
{
	return session_fail(s, xstrdup("it does not speak the agent's protocol"), NULL);
}

int session_receive(struct session *s, int timeout_ms, struct frame *frame)
{
	long long end = timeout_ms < 0 ? LLONG_MAX : monotonic_ms() + timeout_ms;

	s->told = false; /* the session is used again, so session_close() must not leave ssh */
	for (;;) {
		long long left = end - monotonic_ms();
		int r = turn(s, left > 0 ? left : 0, frame);

		if (r)
			return r == -EBADMSG ? bad_message(s) : r;
		if (left <= 0)
			return SESSION_NOTHING;
	}
}

int session_await(struct session *s, int patience_ms, struct frame *frame)
{
	int r;

	do
		r = session_receive(s, TURN_MS, frame);
	while (r == SESSION_NOTHING && session_stall_ms(s) <= patience_ms);
	return r;
}

/* ssh and the board's sshd may work while the agent does not: for example, if the disk is dead. */
static bool is_stuck(const struct session *s)
{
	return s->welcomed && session_silence_ms(s) > STUCK_MS;
}

int session_flush(struct session *s)
{
	while (link_has_unsent(s)) {
		int r = link_pump(s, -1);

		if (r == SESSION_ENDED || (r == 0 && (is_overdue(s) || is_stuck(s))))
			r = greet_take_end(s, r             ? 0
					      : s->welcomed ? STUCK_MS
							    : s->options.timeout_ms);
		if (r)
			return r;
	}
	return 0;
}

void session_tell(struct session *s, const outpost_Request *request)
{
	if (!s->welcomed || s->ssh.in < 0 || session_send(s, request) < 0)
		return;
	link_write(s);
	s->told = true;
}

const outpost_Welcome *session_welcomed(const struct session *s)
{
	return s->welcomed ? &s->welcome : NULL;
}

int session_welcome(struct session *s, const outpost_Welcome **welcome)
{
	/* Step by step: the frame after Welcome is for session_receive(). */
	while (!s->welcomed) {
		struct frame frame;
		int r = turn(s, -1, &frame);

		if (r == -EINTR)
			return r;
		if (r == -EBADMSG)
			r = bad_message(s);
		if (r)
			return s->options.quiet ? -ENOTCONN : session_say(s);
	}
	*welcome = &s->welcome;
	return 0;
}

int session_fd(const struct session *s)
{
	return s->ssh.out;
}

static int ms_since(long long then_ms)
{
	long long ms = monotonic_ms() - then_ms;

	return ms < INT_MAX ? (int)ms : INT_MAX;
}

int session_silence_ms(const struct session *s)
{
	return ms_since(s->heard_ms);
}

int session_stall_ms(const struct session *s)
{
	return ms_since(s->moved_ms);
}

const char *session_why(const struct session *s)
{
	return s->failure.why ? s->failure.why : "it is connected";
}

const char *session_hint(const struct session *s)
{
	return s->failure.hint;
}

bool session_is_barred(const struct session *s)
{
	return s->failure.kind == FAILURE_KEY || s->failure.kind == FAILURE_LOGIN ||
	       s->failure.kind == FAILURE_SUDO || s->failure.kind == FAILURE_OURS;
}

int session_say(const struct session *s)
{
	const struct board *board = s->board;

	if (strcmp(board->name, board->destination) == 0)
		log_error("Board %s: %s", board->name, session_why(s));
	else
		log_error("Board %s (%s): %s", board->name, board->destination, session_why(s));
	if (s->failure.hint)
		log_hint("%s", s->failure.hint);
	return -ENOTCONN;
}

int session_say_failure(const struct session *s, const outpost_Failure *failure)
{
	log_error("Board %s: %s", s->board->name, failure->what);
	if (failure->error == ENOSPC)
		log_hint("Run outpost shell, and remove files below ~/development");
	return -EREMOTEIO;
}
