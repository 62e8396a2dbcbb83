// SPDX-License-Identifier: GPL-2.0-only
#include "host/board/pull.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/log.h"
#include "host/base/progress.h"
#include "host/base/untar.h"

#include <errno.h>
#include <string.h>

/* Walking a folder on a slow SD card may take a while, and no Alive arrives meanwhile. */
#define SILENCE_MS (60 * 1000)

/* Give up on a link that is slower than a modem. */
#define TRICKLE_MS    (5 * 60 * 1000)
#define TRICKLE_BYTES (256 * 1024)

/* The most that may follow the archive's last block. */
#define REST_MAX (1024 * 1024)

struct receiver {
	struct session *session;
	const struct pull *pull;
	struct pulled *pulled;
	struct strbuf *why;
	bool ended, none;                 /* as reported by the board */
	long long since_ms, since_packed; /* start of the current interval */
};

static int bad_archive(const struct receiver *rx, int r, const char *why)
{
	if (r == -EBADMSG || r == -EFBIG)
		log_error("Cannot unpack the board's archive: %s", why);
	else
		log_error_errno(r, "Cannot write the board's files: %s (in %s)", why,
				rx->pull->dir);
	if (r == -ENOSPC || r == -EDQUOT)
		log_hint(
			"Make room for 500 MB there, or set XDG_CACHE_HOME to a folder on another disk");
	return r;
}

static void take_data(struct receiver *rx, const struct frame *frame)
{
	long long before = rx->pulled->packed / 1000000;

	rx->pulled->packed += (long long)frame->length;
	if (rx->pull->doing && rx->pulled->packed / 1000000 != before)
		progress_step("%s (%lld MB)", rx->pull->doing, rx->pulled->packed / 1000000);
}

static int take_reply(struct receiver *rx, const struct frame *frame)
{
	outpost_Reply reply = { 0 };
	const outpost_Pulled *end = &reply.body.pulled;

	if (proto_unpack(frame, outpost_Reply_fields, &reply) < 0)
		return 0;
	if (reply.which_body == outpost_Reply_failure_tag) {
		strbuf_adds(rx->why, reply.body.failure.what);
		rx->none = true;
		return -ENODATA;
	}
	if (reply.which_body != outpost_Reply_pulled_tag)
		return 0;
	rx->pulled->build = xstrdup(end->build);
	rx->pulled->package = xstrdup(end->package);
	rx->pulled->files = end->files;
	rx->pulled->bytes = (long long)end->bytes;
	rx->ended = true;
	return 0;
}

static int give_up_when_slow(struct receiver *rx)
{
	long long now = monotonic_ms(), came = rx->pulled->packed - rx->since_packed;

	if (now - rx->since_ms < TRICKLE_MS)
		return 0;
	if (came < TRICKLE_BYTES)
		return log_error_errno(
			-ETIMEDOUT,
			"Giving up: received only %lld KiB from the board in %d minutes",
			came / 1024, TRICKLE_MS / 60000);
	rx->since_ms = now;
	rx->since_packed = rx->pulled->packed;
	return 0;
}

static int receive(struct receiver *rx, struct frame *frame)
{
	int r = give_up_when_slow(rx);

	if (r < 0)
		return r;
	r = session_receive(rx->session, SILENCE_MS, frame);
	if (r == SESSION_NOTHING)
		return log_error_errno(-ETIMEDOUT,
				       "The board stopped sending and has been silent for %d s",
				       SILENCE_MS / 1000);
	return r == SESSION_ENDED ? session_say(rx->session) : r;
}

/* The archive arrives in frames, each with a checksum. */
static ssize_t next_piece(void *arg, const void **data)
{
	struct receiver *rx = arg;
	struct frame frame;
	int r = 0;

	while (!rx->ended) {
		r = receive(rx, &frame);
		if (r > 0 && frame.type == FRAME_BLOB && frame.length) {
			take_data(rx, &frame);
			*data = frame.payload;
			return (ssize_t)frame.length;
		}
		if (r > 0 && frame.type == FRAME_REPLY)
			r = take_reply(rx, &frame);
		if (r < 0)
			return r;
	}
	return 0;
}

/* 0, PULL_NONE, or -errno. */
static int unpack(struct receiver *rx)
{
	_cleanup_(strbuf_release) struct strbuf why = STRBUF_INIT;
	long long rest = 0;
	const void *data;
	ssize_t n;
	int r = untar(rx->pull->dir, next_piece, rx, &why);

	if (rx->none)
		return PULL_NONE;
	if (r < 0)
		return why.len ? bad_archive(rx, r, why.buf) : r;
	while ((n = next_piece(rx, &data)) > 0) {
		rest += n;
		if (rest > REST_MAX)
			return bad_archive(rx, -EBADMSG, "it has data after its end");
	}
	return rx->none ? PULL_NONE : (int)n;
}

int pull(struct session *session, const struct pull *pull, struct pulled *pulled,
	 struct strbuf *why)
{
	outpost_Request request = { .which_body = outpost_Request_pull_tag };
	struct receiver rx = { session, pull, pulled, why, .since_ms = monotonic_ms() };
	int r;

	request.body.pull.what = pull->what;
	request.body.pull.every = pull->every;
	r = session_send(session, &request);
	return r == 0 ? unpack(&rx) : r;
}

void pulled_release(struct pulled *pulled)
{
	free(pulled->build);
	free(pulled->package);
	*pulled = (struct pulled){ 0 };
}
