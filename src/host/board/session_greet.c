// SPDX-License-Identifier: GPL-2.0-only
/* Finds out whether our agent answers, another one, or none, and handles each case. */
#include "host/board/session_internal.h"

#include "common/alloc.h"
#include "common/clock.h"
#include "common/log.h"

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <string.h>

void session_name_user(char *field, size_t size)
{
	const struct passwd *pw = getpwuid(getuid());
	char host[HOST_NAME_MAX + 1] = "";

	gethostname(host, sizeof(host) - 1);
	snprintf(field, size, "%s@%s", pw ? pw->pw_name : "?", host);
}

int greet_say_hello(struct session *s, const char *machine)
{
	_cleanup_(strbuf_release) struct strbuf rest = s->flight;
	outpost_Request request = { .which_body = outpost_Request_hello_tag };
	outpost_Hello *hello = &request.body.hello;
	int r;

	s->flight = (struct strbuf)STRBUF_INIT;
	if (!s->options.as_found) /* "": any */
		agent_own_id(machine, s->agent, sizeof(s->agent));
	hello->version = OUTPOST_PROTOCOL;
	session_name_user(hello->user, sizeof(hello->user));
	proto_set(hello->build_id, s->agent);
	r = session_send(s, &request);
	strbuf_consume(&rest, s->hello);
	s->hello = s->flight.len;
	strbuf_add(&s->flight, rest.buf, rest.len);
	s->sent = 0;
	return r;
}

int session_fail(struct session *s, char *why, const char *hint)
{
	failure_release(&s->failure);
	s->failure.kind = FAILURE_OTHER;
	s->failure.why = why;
	s->failure.hint = hint ? xstrdup(hint) : NULL;
	ssh_stop(&s->ssh, &s->errors, 0);
	return SESSION_ENDED;
}

/* Installs the agent and sends the flight again. 0: the session continues; SESSION_ENDED or -EINTR. */
static int install_and_reopen(struct session *s, const char *machine)
{
	int r;

	ssh_stop(&s->ssh, &s->errors, 0);
	s->installed = true;
	r = agent_install(s->board, &s->options, machine, &s->failure);
	if (r == 0)
		r = link_connect(s);
	return r < 0 && r != -EINTR ? SESSION_ENDED : r;
}

/*
 * The agent is not the one in Hello, and has ignored the flight. 0: the session continues; or
 * SESSION_ENDED.
 */
static int take_stranger(struct session *s, const outpost_Welcome *welcome)
{
	bool whole = !link_has_unsent(s);

	/*
	 * It may be our agent for another machine type: send a new Hello, but not in the
	 * middle of a frame.
	 */
	greet_say_hello(s, welcome->machine);
	if (!*s->agent || strcmp(welcome->build_id, s->agent) == 0) {
		if (whole)
			return 0;
		ssh_stop(&s->ssh, &s->errors, 0);
		return link_connect(s) < 0 ? SESSION_ENDED : 0;
	}
	if (welcome->production)
		return session_fail(
			s,
			xasprintf("its agent is another version (%s), and a production key may not "
				  "replace it",
				  welcome->build_id),
			"Run outpost -b LOGIN@HOST doctor once, with the login that administers it");
	if (!s->installed)
		return install_and_reopen(s, welcome->machine);
	return session_fail(
		s,
		xasprintf("a different agent answers than the one just installed (%s, not %s)",
			  welcome->build_id, s->agent),
		"Check whether " AGENT_DIR " on the board is a link or a mount");
}

/* Handles Welcome. 0: the session continues; or SESSION_ENDED. */
static int take_welcome(struct session *s, const outpost_Welcome *welcome)
{
	log_debug("%s: %s, Linux %s, agent %s", s->board->name, welcome->machine, welcome->release,
		  welcome->build_id);
	if (*s->agent && strcmp(welcome->build_id, s->agent) != 0)
		return take_stranger(s, welcome);
	if (welcome->version != OUTPOST_PROTOCOL)
		return session_fail(
			s,
			xasprintf("its agent speaks protocol version %u, this program %d",
				  welcome->version, OUTPOST_PROTOCOL),
			"Run 'make' in Outpost's source tree to build the matching agent");
	s->welcome = *welcome;
	s->welcomed = true;
	link_forget_sent(s);
	return 0;
}

/*
 * On a slow line, a large file may take long after ssh has accepted the last of it. An agent
 * that does not report how much it has received (0, although Hello counts) gets the benefit of
 * the doubt.
 */
static int take_alive(struct session *s, const outpost_Alive *alive)
{
	if (!alive->received || alive->received != s->received)
		s->moved_ms = monotonic_ms();
	s->received = alive->received;
	return 0;
}

int greet_take(struct session *s, const struct frame *frame)
{
	outpost_Reply reply = { 0 };

	if (frame->type == FRAME_REPLY && proto_unpack(frame, outpost_Reply_fields, &reply) < 0)
		return -EBADMSG;
	if (frame->type == FRAME_REPLY && reply.which_body == outpost_Reply_alive_tag)
		return take_alive(s, &reply.body.alive);
	s->moved_ms = monotonic_ms();
	if (frame->type != FRAME_REPLY)
		return s->welcomed ? SESSION_FRAME : -EBADMSG;
	if (reply.which_body == outpost_Reply_welcome_tag && !s->welcomed)
		return take_welcome(s, &reply.body.welcome);
	if (!s->welcomed && reply.which_body == outpost_Reply_failure_tag)
		return session_fail(s, xasprintf("its agent refuses: %s", reply.body.failure.what),
				    NULL);
	return s->welcomed ? SESSION_FRAME : -EBADMSG;
}

int greet_take_end(struct session *s, int timeout_ms)
{
	struct ssh_end end = { .timeout_ms = timeout_ms, .spoke = s->spoke };
	bool dead_master = s->warm && !s->spoke && !s->reopened;

	if (!s->ssh.pid)
		return SESSION_ENDED; /* already explained */
	end.status = ssh_stop(&s->ssh, &s->errors, timeout_ms ? 0 : 1000);
	end.error = s->errors.buf;
	end.noise = s->noise.buf;
	end.noise_len = s->noise.len;
	failure_explain(&s->failure, s->board, &end);
	log_debug("%s: ssh exited with status %d: %s; it printed: %s", s->board->name, end.status,
		  s->failure.why, s->errors.buf);
	if (s->welcomed)
		return SESSION_ENDED;
	if (dead_master && (end.status == 255 || timeout_ms)) {
		s->reopened = true;
		session_drop_master(s->board);
		return link_connect(s) < 0 ? SESSION_ENDED : 0;
	}
	if (s->failure.agent && !s->installed)
		return install_and_reopen(s, NULL);
	return SESSION_ENDED;
}
