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

/* Text before the first frame, and messages of ssh: more than that is not kept. */
#define TALK_MAX (64 * 1024)

/* One fixed string for any login shell; only root owns "/", and asking that costs no process. */
#define SERVE                                                                                      \
	"exec /bin/sh -c '[ -x " AGENT_PATH " ] || { echo outpost-agent: missing >&2; exit 127; }; " \
	"[ -O / ] && exec " AGENT_PATH " serve; exec sudo -n " AGENT_PATH " serve'"

struct session {
	const struct board *board;
	struct session_options options;
	struct ssh_child ssh;
	struct strbuf flight; /* all frames since the opening, until Welcome has come; then what is not sent */
	size_t sent;	      /* of it */
	struct strbuf incoming;
	size_t taken; /* of it: parsed, and perhaps still in the caller's hands */
	struct strbuf errors, noise;
	bool warm;	/* it goes through a master that was there before */
	bool reopened;	/* such a one proved dead, once */
	bool installed; /* the agent was put in place, once */
	bool spoke;	/* a frame came, of this connection */
	bool welcomed;
	outpost_Welcome welcome;
	long long opened_ms, heard_ms;
	struct failure failure;
};

static void name_user(char *field, size_t size)
{
	const struct passwd *pw = getpwuid(getuid());
	char host[HOST_NAME_MAX + 1] = "";

	gethostname(host, sizeof(host) - 1);
	snprintf(field, size, "%s@%s", pw ? pw->pw_name : "?", host);
}

static int send_hello(struct session *s)
{
	outpost_Request request = { .which_body = outpost_Request_hello_tag };
	outpost_Hello *hello = &request.body.hello;

	hello->version = OUTPOST_PROTOCOL;
	name_user(hello->user, sizeof(hello->user));
	return session_send(s, &request);
}

/* Starts ssh; the flight begins anew. */
static int connect_ssh(struct session *s)
{
	_cleanup_strv_ char **argv = NULL;
	int r;

	s->warm = !s->options.fresh && ssh_has_master(s->board);
	argv = ssh_command(s->board, &s->options, SERVE);
	s->sent = s->taken = 0;
	s->spoke = false;
	strbuf_reset(&s->incoming);
	strbuf_reset(&s->errors);
	strbuf_reset(&s->noise);
	s->opened_ms = s->heard_ms = monotonic_ms();
	log_debug("ssh to %s%s", s->board->destination, s->warm ? ", shared" : "");
	r = ssh_start(&s->ssh, argv);
	if (r == 0)
		return 0;
	failure_release(&s->failure);
	s->failure.error = r;
	s->failure.why = xasprintf("ssh cannot be started: %s", strerror(-r));
	if (r == -ENOENT)
		s->failure.hint = xstrdup("apt-get install openssh-client");
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
	r = send_hello(s);
	if (r == 0)
		r = connect_ssh(s);
	if (r < 0)
		return s->options.quiet ? r : session_say(s);
	*session = TAKE_PTR(s);
	return 0;
}

void session_close(struct session *s)
{
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

static bool has_unsent(const struct session *s)
{
	return s->sent < s->flight.len;
}

/* From Welcome on nothing is ever sent twice. */
static void forget_sent(struct session *s)
{
	if (!s->welcomed || (has_unsent(s) && s->sent < 1024 * 1024))
		return;
	strbuf_consume(&s->flight, s->sent);
	s->sent = 0;
}

static void write_some(struct session *s)
{
	ssize_t n = write(s->ssh.in, s->flight.buf + s->sent, s->flight.len - s->sent);

	if (n > 0) {
		s->sent += (size_t)n;
		forget_sent(s);
	} else if (n < 0 && errno != EAGAIN && errno != EINTR) {
		/* Why it ended is told by ssh's other pipes. */
		close(s->ssh.in);
		s->ssh.in = -1;
	}
}

static void read_some(struct session *s)
{
	strbuf_consume(&s->incoming, s->taken);
	s->taken = 0;
	if (ssh_read(&s->ssh.out, &s->incoming))
		s->heard_ms = monotonic_ms();
}

/* Moves bytes in all directions, waiting at most so long for some. 0, -EPIPE when ssh has no more, -EINTR. */
static int pump(struct session *s, long long wait_ms)
{
	struct pollfd fds[] = {
		{ .fd = s->ssh.out, .events = POLLIN },
		{ .fd = s->ssh.error, .events = POLLIN },
		{ .fd = has_unsent(s) ? s->ssh.in : -1, .events = POLLOUT },
	};
	int r;

	if (process_interrupted)
		return -EINTR;
	if (s->ssh.out < 0)
		return -EPIPE;
	/* In slices, for a signal that comes between the look above and poll(). */
	r = poll(fds, ARRAY_SIZE(fds), wait_ms < 0 || wait_ms > 200 ? 200 : (int)wait_ms);
	if (r < 0)
		return errno == EINTR ? 0 : -errno;
	if (fds[2].revents)
		write_some(s);
	if (fds[0].revents)
		read_some(s);
	if (fds[1].revents && ssh_read(&s->ssh.error, &s->errors) && s->errors.len > TALK_MAX)
		strbuf_consume(&s->errors, s->errors.len - TALK_MAX);
	return 0;
}

/* What stands before the first frame is not ours: a login shell's start-up files, say. */
static int skip_noise(struct session *s)
{
	struct strbuf *in = &s->incoming;
	const char *start = memchr(in->buf + s->taken, 0xf5, in->len - s->taken);
	size_t n = start ? (size_t)(start - (in->buf + s->taken)) : in->len - s->taken;

	if (start && !n)
		n = 1; /* it looked like one, and was none */
	strbuf_add(&s->noise, in->buf + s->taken, n);
	s->taken += n;
	return s->noise.len > TALK_MAX ? -EBADMSG : 0;
}

static void note_first_frame(struct session *s)
{
	const char *text = s->noise.buf + strspn(s->noise.buf, "\r\n");

	s->spoke = true;
	if (!s->noise.len)
		return;
	log_message(s->options.quiet ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARN,
		    "The login's shell on %s prints text where none belongs; its start-up files should "
		    "not: %.*s", s->board->name, (int)strcspn(text, "\r\n"), text);
}

/* The next whole frame of those that have arrived: 1, 0, -EBADMSG. */
static int parse_some(struct session *s, struct frame *frame)
{
	for (;;) {
		const char *start = s->incoming.buf + s->taken;
		size_t n = s->incoming.len - s->taken;
		int r = frame_parse((const uint8_t *)start, n, frame);

		if (r < 0 && !s->spoke) {
			r = skip_noise(s);
			if (r < 0)
				return r;
			continue;
		}
		if (r == 1) {
			s->taken += frame->total;
			if (!s->spoke)
				note_first_frame(s);
		}
		return r;
	}
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

/* Puts the agent in place and sends the flight once more. 0: the session goes on; or -EPIPE. */
static int install_and_reopen(struct session *s, const char *machine)
{
	ssh_stop(&s->ssh, &s->errors, 0);
	s->installed = true;
	if (agent_install(s->board, &s->options, machine, &s->failure) < 0 || connect_ssh(s) < 0)
		return -EPIPE;
	return 0;
}

/* The agent has said who it is. 0: the session goes on; or -EPIPE. */
static int take_welcome(struct session *s, const outpost_Welcome *welcome)
{
	_cleanup_free_ char *file = agent_file(welcome->machine);
	char own[sizeof(welcome->build_id)] = "";
	bool ours = file && agent_build_id(file, own, sizeof(own)) == 0;

	log_debug("%s: %s, Linux %s, agent %s", s->board->name, welcome->machine, welcome->release,
		  welcome->build_id);
	if (ours && strcmp(own, welcome->build_id) != 0) {
		if (!s->installed)
			return install_and_reopen(s, welcome->machine);
		return fail(s, -EPROTO, xasprintf("the agent that answers is not the one just put in place "
						  "(%s, not %s)", welcome->build_id, own),
			    "Is " AGENT_DIR " on the board a link or a mount?");
	}
	if (welcome->version != OUTPOST_PROTOCOL)
		return fail(s, -EPROTO, xasprintf("its agent speaks version %u, this program %d",
						  welcome->version, OUTPOST_PROTOCOL),
			    "'make' in Outpost's source tree builds the agent that belongs to it.");
	s->welcome = *welcome;
	s->welcomed = true;
	forget_sent(s);
	return 0;
}

/* Replies that are the session's own matter: 0 when it was one, 1 when not, or -errno. */
static int take_reply(struct session *s, const struct frame *frame)
{
	outpost_Reply reply = { 0 };

	if (frame->type != FRAME_REPLY)
		return s->welcomed ? 1 : -EBADMSG;
	if (proto_unpack(frame, outpost_Reply_fields, &reply) < 0)
		return -EBADMSG;
	if (reply.which_body == outpost_Reply_alive_tag)
		return 0;
	if (reply.which_body == outpost_Reply_welcome_tag && !s->welcomed)
		return take_welcome(s, &reply.body.welcome);
	if (!s->welcomed && reply.which_body == outpost_Reply_failure_tag)
		return fail(s, -EPROTO, xasprintf("its agent refused: %s", reply.body.failure.what), NULL);
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
		return connect_ssh(s) < 0 ? -EPIPE : 0;
	}
	if (s->failure.agent && !s->installed)
		return install_and_reopen(s, NULL);
	return -EPIPE;
}

static bool is_overdue(const struct session *s)
{
	return !s->welcomed && s->ssh.pid &&
	       monotonic_ms() - s->opened_ms > s->options.timeout_ms + PATIENCE_MS;
}

/* One turn: 1 and a frame, 0 when there may be one next time, or -errno. */
static int turn(struct session *s, long long wait_ms, struct frame *frame)
{
	int r = parse_some(s, frame);

	if (r == 1)
		return take_reply(s, frame);
	if (r == 0)
		r = pump(s, wait_ms);
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

	for (;;) {
		long long left = end - monotonic_ms();
		int r = turn(s, left > 0 ? left : 0, frame);

		if (r)
			return r == -EBADMSG ? bad_message(s) : r;
		if (left <= 0)
			return 0;
	}
}

int session_flush(struct session *s)
{
	while (has_unsent(s)) {
		int r = pump(s, -1);

		if (r == -EPIPE || (r == 0 && is_overdue(s)))
			r = take_end(s, r ? 0 : s->options.timeout_ms);
		if (r < 0)
			return r;
	}
	return 0;
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

int session_silence_ms(const struct session *s)
{
	long long ms = monotonic_ms() - s->heard_ms;

	return ms < INT_MAX ? (int)ms : INT_MAX;
}

const char *session_why(const struct session *s)
{
	return s->failure.why ? s->failure.why : "the connection stands";
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
