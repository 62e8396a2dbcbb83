// SPDX-License-Identifier: GPL-2.0-only
#include "gateway/probe_board_internal.h"

#include "common/cleanup.h"

#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* --- the connection ----------------------------------------------------------------------- */

static void hang_up(struct probe_board *b, enum tunnel_reason reason, struct probe_time now)
{
	close_fd(&b->fd);
	probe_set_down(b, reason);
	if (reason == TUNNEL_GARBAGE)
		b->penalty_us = now.us + PROBE_PENALTY_US;
	b->retry_us = now.us + b->delay_us;
	b->delay_us = b->delay_us * 2 < PROBE_RETRY_MOST_US ? b->delay_us * 2 : PROBE_RETRY_MOST_US;
}

static enum tunnel_reason reason_of(int error)
{
	switch (error) {
	case -ENOENT: return TUNNEL_ABSENT;
	case -ECONNREFUSED: return TUNNEL_REFUSED;
	case -EAGAIN: return TUNNEL_SILENT; /* nobody takes connections from the queue */
	default: return TUNNEL_DENIED;
	}
}

void probe_board_connected(struct probe_board *b, int fd, struct probe_time now)
{
	b->opened_us = now.us;
	if (fd < 0) {
		hang_up(b, reason_of(fd), now);
		return;
	}
	b->fd = fd;
	b->greeted = b->answered = false;
	b->in_n = b->n_pings = 0;
	b->next_ping_us = now.us;
}

void probe_board_renewed(struct probe_board *b, struct probe_time now)
{
	if (b->fd >= 0)
		hang_up(b, TUNNEL_CLOSED, now);
	b->delay_us = PROBE_RETRY_US;
	b->retry_us = now.us;
	if (b->opened_us && b->retry_us < b->opened_us + PROBE_GAP_US)
		b->retry_us = b->opened_us + PROBE_GAP_US;
}

/* --- what arrives ------------------------------------------------------------------------- */

static void consume(struct probe_board *b, size_t n)
{
	b->in_n -= n;
	memmove(b->in, b->in + n, b->in_n);
}

static uint64_t clamp_ping(uint32_t asked_ms)
{
	uint64_t us = asked_ms * 1000ull;

	return us < PROBE_PING_US        ? PROBE_PING_US
	       : us < PROBE_PING_MOST_US ? us
					 : PROBE_PING_MOST_US;
}

/* 1: there was one; 0: not all of it yet; -EBADMSG. */
static int take_hello(struct probe_board *b)
{
	const uint8_t *end = memchr(b->in, '\n', b->in_n);
	int r;

	if (!end)
		return b->in_n < sizeof(b->in) ? 0 : -EBADMSG;
	r = probe_hello_parse((const char *)b->in, (size_t)(end - b->in) + 1, &b->hello);
	if (r < 0)
		return -EBADMSG;
	consume(b, (size_t)(end - b->in) + 1);
	b->ping_us = clamp_ping(b->hello.ping_ms);
	b->greeted = true;
	return 1;
}

/* As take_hello(). Echoes arrive in the order of the pings, with their content. */
static int take_echo(struct probe_board *b, struct probe_time now)
{
	struct sent_ping ping = b->pings[0];
	struct probe_echo echo;

	if (b->in_n < PROBE_ECHO_SIZE)
		return b->in_n && !b->n_pings ? -EBADMSG : 0;
	memcpy(&echo, b->in, sizeof(echo));
	if (!b->n_pings || echo.ping.sequence != htole64(ping.sequence) ||
	    echo.ping.clock != htole64(ping.sent_us))
		return -EBADMSG;
	consume(b, PROBE_ECHO_SIZE);
	memmove(b->pings, b->pings + 1, --b->n_pings * sizeof(*b->pings));
	if (!ping.lost)
		probe_stats_add(&b->stats, now.us - ping.sent_us);
	probe_count_bytes(b, &echo);
	b->heard_us = now.us;
	b->heard_ms = now.wall_ms;
	b->delay_us = PROBE_RETRY_US;
	if (!b->status.up)
		probe_set_up(b, now);
	b->answered = true;
	return 1;
}

static int take(struct probe_board *b, struct probe_time now)
{
	int r;

	do {
		r = b->greeted ? take_echo(b, now) : take_hello(b);
		if (r > 0 && !b->answered)
			probe_board_tick(b, now); /* the first ping */
	} while (r > 0 && b->fd >= 0);
	return r;
}

/* One piece: what arrives later has another time. */
void probe_board_read(struct probe_board *b, struct probe_time now)
{
	ssize_t n;

	if (b->fd < 0)
		return;
	n = recv(b->fd, b->in + b->in_n, sizeof(b->in) - b->in_n, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		hang_up(b, b->greeted ? TUNNEL_CLOSED : TUNNEL_SILENT, now);
		return;
	}
	b->in_n += (size_t)n;
	if (take(b, now) < 0)
		hang_up(b, TUNNEL_GARBAGE, now);
}

/* --- what is due -------------------------------------------------------------------------- */

static void send_ping(struct probe_board *b, struct probe_time now)
{
	struct sent_ping ping = { .sequence = ++b->sequence, .sent_us = now.us };
	struct probe_ping out = { htole64(ping.sequence), htole64(ping.sent_us) };
	ssize_t n = send(b->fd, &out, sizeof(out), MSG_DONTWAIT | MSG_NOSIGNAL);

	b->next_ping_us = now.us + b->ping_us;
	if (n == (ssize_t)sizeof(out))
		b->pings[b->n_pings++] = ping;
	else if (n >= 0 || (errno != EAGAIN && errno != EINTR))
		hang_up(b, TUNNEL_CLOSED, now);
}

static void notice_lost(struct probe_board *b, struct probe_time now)
{
	for (size_t i = 0; i < b->n_pings; i++) {
		struct sent_ping *ping = &b->pings[i];

		if (ping->lost || now.us < ping->sent_us + PROBE_LOST_US)
			continue;
		ping->lost = true;
		probe_stats_add_lost(&b->stats);
		probe_stats_break(&b->stats);
		probe_set_down(b, b->answered ? TUNNEL_LOST : TUNNEL_SILENT);
	}
}

static uint64_t silent_since(const struct probe_board *b)
{
	return b->answered ? b->heard_us : b->opened_us;
}

void probe_board_tick(struct probe_board *b, struct probe_time now)
{
	if (b->fd < 0)
		return;
	if (!b->greeted && now.us >= b->opened_us + PROBE_LOST_US)
		probe_set_down(b, TUNNEL_SILENT);
	notice_lost(b, now);
	if (now.us >= silent_since(b) + PROBE_SILENT_US)
		hang_up(b, TUNNEL_SILENT, now);
	else if (b->greeted && b->n_pings < PROBE_UNANSWERED && now.us >= b->next_ping_us)
		send_ping(b, now);
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

uint64_t probe_board_due(const struct probe_board *b)
{
	uint64_t due = silent_since(b) + PROBE_SILENT_US;

	if (b->fd < 0)
		return b->retry_us > b->penalty_us ? b->retry_us : b->penalty_us;
	if (!b->greeted)
		return b->status.reason == TUNNEL_SILENT ? due : b->opened_us + PROBE_LOST_US;
	for (size_t i = 0; i < b->n_pings; i++)
		if (!b->pings[i].lost)
			due = sooner(due, b->pings[i].sent_us + PROBE_LOST_US);
	return b->n_pings < PROBE_UNANSWERED ? sooner(due, b->next_ping_us) : due;
}

/* --- beginning and end -------------------------------------------------------------------- */

/*
 * An outage that an earlier prober saw begin still lasts. If the tunnel was up, only the hello tells
 * whether it has been since.
 */
static void resume(struct probe_board *b, const struct tunnel_status *old)
{
	int64_t now_ms = b->status.since_ms;

	b->status = *old;
	b->status.up = false;
	b->was_up = *old->boot;
	if (old->up) {
		b->resumed_since_ms = old->since_ms;
		b->status.since_ms = now_ms;
	} else if (b->was_up) {
		b->outage =
			(struct tunnel_outage){ .start_ms = old->since_ms, .seen = old->reason };
	}
}

void probe_board_init(struct probe_board *b, const struct tunnel_status *old, struct probe_time now)
{
	*b = (struct probe_board){ .fd = -1, .delay_us = PROBE_RETRY_US, .retry_us = now.us };
	b->status.since_ms = now.wall_ms;
	if (old)
		resume(b, old);
	b->status.reason = TUNNEL_STARTING;
	b->changed = true;
}

void probe_board_release(struct probe_board *b)
{
	close_fd(&b->fd);
}

void probe_board_status(const struct probe_board *b, struct probe_time now,
			struct tunnel_status *status)
{
	struct probe_summary sum;

	probe_stats_sum(&b->stats, &sum);
	*status = b->status;
	status->written_ms = now.wall_ms;
	status->p50_us = sum.p50_us;
	status->p95_us = sum.p95_us;
	status->jitter_us = sum.jitter_us;
	status->samples = sum.samples;
	status->lost = sum.lost;
}
