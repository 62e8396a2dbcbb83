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
#include <zlib.h>

/* Walking a folder on a slow card may take a while, and no Alive comes meanwhile. */
#define SILENCE_MS (60 * 1000)

/* A link that carries less in this time than a modem did is of no use: better said than waited for.
 */
#define TRICKLE_MS    (5 * 60 * 1000)
#define TRICKLE_BYTES (256 * 1024)

struct receiver {
	struct session *session;
	const struct pull *pull;
	struct pulled *pulled;
	struct strbuf *why;
	struct untar *untar;
	z_stream unpacker;
	bool ended;                       /* what is packed */
	long long since_ms, since_packed; /* of the time in which enough has to arrive */
};

static int bad_archive(const struct receiver *rx, int r, const char *why)
{
	if (r == -EBADMSG || r == -EFBIG)
		log_error("What the board sends is not unpacked: %s.", why);
	else
		log_error_errno(r, "Cannot keep what the board sends: %s (in %s)", why,
				rx->pull->dir);
	if (r == -ENOSPC || r == -EDQUOT)
		log_hint(
			"Make room for 500 MB there, or set XDG_CACHE_HOME to a folder elsewhere.");
	return r;
}

static int take_data(struct receiver *rx, const struct frame *frame)
{
	static char out[128 * 1024];
	z_stream *z = &rx->unpacker;
	long long before = rx->pulled->packed / 1000000;

	rx->pulled->packed += (long long)frame->length;
	z->next_in = (Bytef *)(uintptr_t)frame->payload;
	z->avail_in = (uInt)frame->length;
	do {
		int r;

		z->next_out = (Bytef *)out;
		z->avail_out = sizeof(out);
		r = rx->ended ? Z_DATA_ERROR : inflate(z, Z_NO_FLUSH);
		if (r == Z_BUF_ERROR) /* all of it is out */
			break;
		if (r != Z_OK && r != Z_STREAM_END)
			return bad_archive(rx, -EBADMSG, "it is not packed with gzip, or damaged");
		rx->ended = r == Z_STREAM_END;
		r = untar_feed(rx->untar, out, sizeof(out) - z->avail_out);
		if (r < 0)
			return bad_archive(rx, r, untar_why(rx->untar));
	} while (z->avail_in || (!z->avail_out && !rx->ended));
	if (rx->pull->doing && rx->pulled->packed / 1000000 != before)
		progress_step("%s (%lld MB)", rx->pull->doing, rx->pulled->packed / 1000000);
	return 0;
}

#define ENDED 2

/* ENDED or -errno. */
static int take_end(struct receiver *rx, const outpost_Pulled *end)
{
	int r;

	rx->pulled->build = xstrdup(end->build);
	rx->pulled->package = xstrdup(end->package);
	rx->pulled->files = end->files;
	rx->pulled->bytes = (long long)end->bytes;
	r = rx->ended ? untar_finish(rx->untar) : -EBADMSG;
	if (r < 0)
		return bad_archive(rx, r, rx->ended ? untar_why(rx->untar) : "its end is missing");
	return ENDED;
}

/* 0, ENDED, PULL_NONE, or -errno. */
static int take_frame(struct receiver *rx, const struct frame *frame)
{
	outpost_Reply reply = { 0 };

	if (frame->type == FRAME_BLOB)
		return take_data(rx, frame);
	if (frame->type != FRAME_REPLY || proto_unpack(frame, outpost_Reply_fields, &reply) < 0)
		return 0;
	if (reply.which_body == outpost_Reply_failure_tag) {
		strbuf_adds(rx->why, reply.body.failure.what);
		return PULL_NONE;
	}
	return reply.which_body == outpost_Reply_pulled_tag ? take_end(rx, &reply.body.pulled) : 0;
}

static int give_up_when_slow(struct receiver *rx)
{
	long long now = monotonic_ms(), came = rx->pulled->packed - rx->since_packed;

	if (now - rx->since_ms < TRICKLE_MS)
		return 0;
	if (came < TRICKLE_BYTES)
		return log_error_errno(-ETIMEDOUT,
				       "Only %lld KiB came from the board in %d minutes; given up",
				       came / 1024, TRICKLE_MS / 60000);
	rx->since_ms = now;
	rx->since_packed = rx->pulled->packed;
	return 0;
}

static int receive(struct receiver *rx)
{
	struct frame frame;
	int r = 0;

	rx->since_ms = monotonic_ms();
	while (r == 0 && (r = give_up_when_slow(rx)) == 0) {
		r = session_receive(rx->session, SILENCE_MS, &frame);
		if (r == 1)
			r = take_frame(rx, &frame);
		else if (r == 0)
			return log_error_errno(
				-ETIMEDOUT,
				"The board has sent nothing for %d s in the middle of it",
				SILENCE_MS / 1000);
		else if (r == -EPIPE)
			r = session_say(rx->session);
	}
	return r == ENDED ? 0 : r;
}

int pull(struct session *session, const struct pull *pull, struct pulled *pulled,
	 struct strbuf *why)
{
	outpost_Request request = { .which_body = outpost_Request_pull_tag };
	struct receiver rx = { .session = session, .pull = pull, .pulled = pulled, .why = why };
	int r;

	request.body.pull.what = pull->what;
	request.body.pull.every = pull->every;
	r = untar_open(&rx.untar, pull->dir);
	if (r < 0)
		return log_error_errno(r, "Cannot open %s", pull->dir);
	r = inflateInit2(&rx.unpacker, 15 + 16) == Z_OK ? 0 : -ENOMEM; /* 16: a gzip header */
	if (r == 0)
		r = session_send(session, &request);
	if (r == 0)
		r = receive(&rx);
	(void)inflateEnd(&rx.unpacker);
	untar_close(rx.untar);
	return r;
}

void pulled_release(struct pulled *pulled)
{
	free(pulled->build);
	free(pulled->package);
	*pulled = (struct pulled){ 0 };
}
