// SPDX-License-Identifier: GPL-2.0-only
#include "host/pull.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "host/out.h"
#include "host/untar.h"

#include <errno.h>
#include <string.h>
#include <zstd.h>

/* Walking a folder on a slow card may take a while, and no Alive comes meanwhile. */
#define SILENCE_MS (60 * 1000)

struct receiver {
	struct session *session;
	const struct pull *pull;
	struct pulled *pulled;
	struct strbuf *why;
	struct untar *untar;
	ZSTD_DStream *zstd;
	bool frame_ended; /* of zstd's */
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
	return r == -ENOENT ? -EIO : r;
}

static int take_data(struct receiver *rx, const struct frame *frame)
{
	static char out[128 * 1024];
	ZSTD_inBuffer in = { frame->payload, frame->length, 0 };

	long long before = rx->pulled->packed / 1000000;

	rx->pulled->packed += (long long)frame->length;
	while (in.pos < in.size) {
		ZSTD_outBuffer piece = { out, sizeof(out), 0 };
		size_t left = ZSTD_decompressStream(rx->zstd, &piece, &in);
		int r;

		if (ZSTD_isError(left) || rx->frame_ended)
			return bad_archive(rx, -EBADMSG, "it is not packed with zstd, or damaged");
		rx->frame_ended = left == 0;
		r = untar_feed(rx->untar, out, piece.pos);
		if (r < 0)
			return bad_archive(rx, r, untar_why(rx->untar));
	}
	if (rx->pull->doing && rx->pulled->packed / 1000000 != before)
		progress_step("%s (%lld MB)", rx->pull->doing, rx->pulled->packed / 1000000);
	return 0;
}

static int take_end(struct receiver *rx, const outpost_Pulled *end)
{
	int r;

	rx->pulled->build = xstrdup(end->build);
	rx->pulled->package = xstrdup(end->package);
	rx->pulled->files = end->files;
	rx->pulled->bytes = (long long)end->bytes;
	r = rx->frame_ended ? untar_finish(rx->untar) : -EBADMSG;
	if (r < 0)
		return bad_archive(rx, r,
				   rx->frame_ended ? untar_why(rx->untar) : "its end is missing");
	return 1;
}

/* 1 at the end. */
static int take_frame(struct receiver *rx, const struct frame *frame)
{
	outpost_Reply reply = { 0 };

	if (frame->type == FRAME_BLOB)
		return take_data(rx, frame);
	if (frame->type != FRAME_REPLY || proto_unpack(frame, outpost_Reply_fields, &reply) < 0)
		return 0;
	if (reply.which_body == outpost_Reply_failure_tag) {
		strbuf_adds(rx->why, reply.body.failure.what);
		return -ENOENT;
	}
	return reply.which_body == outpost_Reply_pulled_tag ? take_end(rx, &reply.body.pulled) : 0;
}

static int receive(struct receiver *rx)
{
	struct frame frame;
	int r = 0;

	while (r == 0) {
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
	return r < 0 ? r : 0;
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
	rx.zstd = ZSTD_createDStream();
	r = session_send(session, &request);
	if (r == 0)
		r = receive(&rx);
	ZSTD_freeDStream(rx.zstd);
	untar_close(rx.untar);
	return r;
}

void pulled_release(struct pulled *pulled)
{
	free(pulled->build);
	free(pulled->package);
	*pulled = (struct pulled){ 0 };
}
