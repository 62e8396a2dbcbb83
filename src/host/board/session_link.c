// SPDX-License-Identifier: GPL-2.0-only
/* Moves the bytes of a session: from the flight to ssh, and from ssh into frames. */
#include "host/board/session_internal.h"

#include "common/alloc.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/process.h"
#include "common/strv.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

/*
 * Limit for what was received and not parsed. While a long flight is sent nothing is parsed, but an
 * agent answers little to it.
 */
#define INCOMING_MAX (16 * 1024 * 1024)

/*
 * One fixed string for any login shell. Only root owns "/", and testing that costs no process.
 * Error messages must be in English, because session_why.c looks for them.
 */
#define SERVE                                                                       \
	"exec /bin/sh -c 'export LC_ALL=C; "                                        \
	"[ -x " AGENT_PATH " ] || { echo outpost-agent: missing >&2; exit 127; }; " \
	"[ -O / ] && exec " AGENT_PATH " serve; exec sudo -n " AGENT_PATH " serve'"

int link_connect(struct session *s)
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
	s->opened_ms = s->heard_ms = s->moved_ms = monotonic_ms();
	s->received = 0;
	log_debug("ssh to %s%s", s->board->destination, s->warm ? ", shared" : "");
	r = ssh_start(&s->ssh, argv);
	if (r == 0)
		return 0;
	return failure_not_started(&s->failure, r);
}

void link_forget_sent(struct session *s)
{
	if (!s->welcomed || (link_has_unsent(s) && s->sent < 1024 * 1024))
		return;
	strbuf_consume(&s->flight, s->sent);
	s->sent = 0;
}

void link_write(struct session *s)
{
	ssize_t n = write(s->ssh.in, s->flight.buf + s->sent, s->flight.len - s->sent);

	if (n > 0) {
		s->sent += (size_t)n;
		link_forget_sent(s);
	} else if (n < 0 && errno != EAGAIN && errno != EINTR) {
		/* ssh's other pipes show why it ended. */
		close(s->ssh.in);
		s->ssh.in = -1;
	}
}

static void read_some(struct session *s)
{
	strbuf_consume(&s->incoming, s->taken);
	s->taken = 0;
	if (process_read(&s->ssh.out, &s->incoming))
		s->heard_ms = monotonic_ms();
}

int link_pump(struct session *s, long long wait_ms)
{
	struct pollfd fds[] = {
		{ .fd = s->ssh.out, .events = POLLIN },
		{ .fd = s->ssh.error, .events = POLLIN },
		{ .fd = link_has_unsent(s) ? s->ssh.in : -1, .events = POLLOUT },
	};
	int r;

	if (process_interrupted)
		return -EINTR;
	if (s->ssh.out < 0)
		return SESSION_ENDED;
	/* In slices, in case a signal arrives between the check above and poll(). */
	log_tick();
	r = poll(fds, ARRAY_SIZE(fds), wait_ms < 0 || wait_ms > 200 ? 200 : (int)wait_ms);
	if (r < 0)
		return errno == EINTR ? 0 : -errno;
	if (fds[2].revents)
		link_write(s);
	if (fds[0].revents)
		read_some(s);
	if (fds[1].revents && process_read(&s->ssh.error, &s->errors))
		talk_trim(&s->errors);
	if (s->incoming.len - s->taken > INCOMING_MAX)
		return session_fail(s, xstrdup("it sends without end, and reads nothing"), NULL);
	return 0;
}

/* Skips text before the first frame, such as the output of a login shell's start-up files. */
static int skip_noise(struct session *s)
{
	struct strbuf *in = &s->incoming;
	const char *start = memchr(in->buf + s->taken, 0xf5, in->len - s->taken);
	size_t n = start ? (size_t)(start - (in->buf + s->taken)) : in->len - s->taken;

	if (start && !n)
		n = 1; /* it looked like a frame, but was not one */
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
	log_message(
		s->options.quiet ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARN,
		"The login shell's start-up files on %s print text, but should not if the shell is "
		"not interactive: %.*s",
		s->board->name, (int)strcspn(text, "\r\n"), text);
}

int link_parse(struct session *s, struct frame *frame)
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
