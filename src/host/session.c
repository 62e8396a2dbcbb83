// SPDX-License-Identifier: GPL-2.0-only
#include "host/session_parts.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/process.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pwd.h>
#include <string.h>

/* Beyond ssh's own limit, whose message says more than ours can. */
#define PATIENCE_MS 500
#define TURN_MS     200   /* between looks at the clock */
#define STUCK_MS    60000 /* an agent that takes nothing says something every second */

static void name_user(char *field, size_t size)
{
	const struct passwd *pw = getpwuid(getuid());
	char host[HOST_NAME_MAX + 1] = "";

	gethostname(host, sizeof(host) - 1);
	snprintf(field, size, "%s@%s", pw ? pw->pw_name : "?", host);
}

/* Puts Hello first in the flight, in place of one that named another agent. */
static int put_hello(struct session *s, const char *machine)
{
	_cleanup_(strbuf_release) struct strbuf rest = s->flight;
	outpost_Request request = { .which_body = outpost_Request_hello_tag };
	outpost_Hello *hello = &request.body.hello;
	int r;

	s->flight = (struct strbuf)STRBUF_INIT;
	agent_own_id(machine, s->agent, sizeof(s->agent));
	hello->version = OUTPOST_PROTOCOL;
	name_user(hello->user, sizeof(hello->user));
	proto_set(hello->build_id, s->agent);
	r = session_send(s, &request);
	strbuf_consume(&rest, s->hello);
	s->hello = s->flight.len;
	strbuf_add(&s->flight, rest.buf, rest.len);
	s->sent = 0;
	return r;
}

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
	s->ssh = (struct ssh_child){ .in = -1, .out = -1, .error = -1 };
	s->flight = s->incoming = s->errors = s->noise = (struct strbuf)STRBUF_INIT;
	r = put_hello(s, "aarch64"); /* what a board most likely is */
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

static int fail(struct session *s, int error, char *why, const char *hint)
{
	failure_release(&s->failure);
	s->failure.error = error;
	s->failure.why = why;
	s->failure.hint = hint ? xstrdup(hint) : NULL;
	ssh_stop(&s->ssh, &s->errors, 0);
	return -EPIPE;
}

/* Puts the agent in place and sends the flight once more. 0: the session goes on; -EPIPE or -EINTR.
 */
static int install_and_reopen(struct session *s, const char *machine)
{
	int r;

	ssh_stop(&s->ssh, &s->errors, 0);
	s->installed = true;
	r = agent_install(s->board, &s->options, machine, &s->failure);
	if (r == 0)
		r = link_connect(s);
	return r < 0 && r != -EINTR ? -EPIPE : r;
}

/* The agent is not the one that Hello named, and has left the flight alone. 0: the session goes on;
 * or -EPIPE. */
static int take_stranger(struct session *s, const outpost_Welcome *welcome)
{
	bool whole = !link_has_unsent(s);

	/* For a board of another kind it may be ours all the same: say so, but not within a frame.
	 */
	put_hello(s, welcome->machine);
	if (!*s->agent || strcmp(welcome->build_id, s->agent) == 0) {
		if (whole)
			return 0;
		ssh_stop(&s->ssh, &s->errors, 0);
		return link_connect(s) < 0 ? -EPIPE : 0;
	}
	if (!s->installed)
		return install_and_reopen(s, welcome->machine);
	return fail(
		s, -EPROTO,
		xasprintf("the agent that answers is not the one just put in place (%s, not %s)",
			  welcome->build_id, s->agent),
		"Is " AGENT_DIR " on the board a link or a mount?");
}

/* The agent has said who it is. 0: the session goes on; or -EPIPE. */
static int take_welcome(struct session *s, const outpost_Welcome *welcome)
{
	log_debug("%s: %s, Linux %s, agent %s", s->board->name, welcome->machine, welcome->release,
		  welcome->build_id);
	if (*s->agent && strcmp(welcome->build_id, s->agent) != 0)
		return take_stranger(s, welcome);
	if (welcome->version != OUTPOST_PROTOCOL)
		return fail(s, -EPROTO,
			    xasprintf("its agent speaks version %u, this program %d",
				      welcome->version, OUTPOST_PROTOCOL),
			    "'make' in Outpost's source tree builds the agent that belongs to it.");
	s->welcome = *welcome;
	s->welcomed = true;
	link_forget_sent(s);
	return 0;
}

/* A large file on a slow line may be under way for long after ssh has taken the last of it. */
static int take_alive(struct session *s, const outpost_Alive *alive)
{
	if (alive->received != s->received)
		s->moved_ms = monotonic_ms();
	s->received = alive->received;
	return 0;
}

/* Replies that are the session's own matter: 0 when it was one, 1 when not, or -errno. */
static int take_reply(struct session *s, const struct frame *frame)
{
	outpost_Reply reply = { 0 };

	if (frame->type == FRAME_REPLY && proto_unpack(frame, outpost_Reply_fields, &reply) < 0)
		return -EBADMSG;
	if (frame->type == FRAME_REPLY && reply.which_body == outpost_Reply_alive_tag)
		return take_alive(s, &reply.body.alive);
	s->moved_ms = monotonic_ms();
	if (frame->type != FRAME_REPLY)
		return s->welcomed ? 1 : -EBADMSG;
	if (reply.which_body == outpost_Reply_welcome_tag && !s->welcomed)
		return take_welcome(s, &reply.body.welcome);
	if (!s->welcomed && reply.which_body == outpost_Reply_failure_tag)
		return fail(s, -EPROTO, xasprintf("its agent refused: %s", reply.body.failure.what),
			    NULL);
	return s->welcomed ? 1 : -EBADMSG;
}

/* ssh has ended, or our patience. 0 when the session goes on with another ssh, or -EPIPE. */
static int take_end(struct session *s, int timeout_ms)
{
	struct ssh_end end = { .timeout_ms = timeout_ms, .spoke = s->spoke };
	bool dead_master = s->warm && !s->spoke && !s->reopened;

	if (!s->ssh.pid)
		return -EPIPE; /* explained before */
	end.status = ssh_stop(&s->ssh, &s->errors, timeout_ms ? 0 : 1000);
	end.error = s->errors.buf;
	end.noise = s->noise.buf;
	end.noise_len = s->noise.len;
	failure_explain(&s->failure, s->board, &end);
	log_debug("%s: ssh ended with status %d: %s; it said: %s", s->board->name, end.status,
		  s->failure.why, s->errors.buf);
	if (s->welcomed)
		return -EPIPE;
	if (dead_master && (end.status == 255 || timeout_ms)) {
		s->reopened = true;
		session_drop_master(s->board);
		return link_connect(s) < 0 ? -EPIPE : 0;
	}
	if (s->failure.agent && !s->installed)
		return install_and_reopen(s, NULL);
	return -EPIPE;
}

static bool is_overdue(const struct session *s)
{
	return !s->welcomed && s->ssh.pid &&
	       monotonic_ms() - s->heard_ms > s->options.timeout_ms + PATIENCE_MS;
}

/* One turn: 1 and a frame, 0 when there may be one next time, or -errno. */
static int turn(struct session *s, long long wait_ms, struct frame *frame)
{
	int r = link_parse(s, frame);

	if (r == 1)
		return take_reply(s, frame);
	if (r == 0)
		r = link_pump(s, wait_ms);
	if (r == -EPIPE)
		return take_end(s, 0);
	if (r == 0 && is_overdue(s))
		return take_end(s, s->options.timeout_ms);
	return r;
}

static int bad_message(struct session *s)
{
	fail(s, -EBADMSG, xstrdup("what arrives from it is not what an agent says"), NULL);
	return -EBADMSG;
}

int session_receive(struct session *s, int timeout_ms, struct frame *frame)
{
	long long end = timeout_ms < 0 ? LLONG_MAX : monotonic_ms() + timeout_ms;

	s->told = false; /* whoever goes on with it waits for its end, too, should it hang */
	for (;;) {
		long long left = end - monotonic_ms();
		int r = turn(s, left > 0 ? left : 0, frame);

		if (r)
			return r == -EBADMSG ? bad_message(s) : r;
		if (left <= 0)
			return 0;
	}
}

int session_await(struct session *s, int patience_ms, struct frame *frame)
{
	int r;

	do
		r = session_receive(s, TURN_MS, frame);
	while (r == 0 && session_stall_ms(s) <= patience_ms);
	return r;
}

/* ssh and the board's sshd may be well, and the agent not: on a disk that is dead, say. */
static bool is_stuck(const struct session *s)
{
	return s->welcomed && session_silence_ms(s) > STUCK_MS;
}

int session_flush(struct session *s)
{
	while (link_has_unsent(s)) {
		int r = link_pump(s, -1);

		if (r == -EPIPE || (r == 0 && (is_overdue(s) || is_stuck(s))))
			r = take_end(s, r ? 0 : s->welcomed ? STUCK_MS : s->options.timeout_ms);
		if (r < 0)
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
	/* Turn by turn: the frame after Welcome is session_receive()'s. */
	while (!s->welcomed) {
		struct frame frame;
		int r = turn(s, -1, &frame);

		if (r == -EINTR)
			return r;
		if (r == -EBADMSG)
			bad_message(s);
		if (r < 0)
			return s->options.quiet ? s->failure.error : session_say(s);
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
	return s->failure.why ? s->failure.why : "the connection stands";
}

const char *session_hint(const struct session *s)
{
	return s->failure.hint;
}

int session_say(const struct session *s)
{
	const struct board *board = s->board;

	if (strcmp(board->name, board->destination) == 0)
		log_error("Board %s: %s.", board->name, session_why(s));
	else
		log_error("Board %s (%s): %s.", board->name, board->destination, session_why(s));
	if (s->failure.hint)
		log_hint("%s", s->failure.hint);
	return s->failure.error ? s->failure.error : -EPIPE;
}
