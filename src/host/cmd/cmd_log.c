// SPDX-License-Identifier: GPL-2.0-only
#include "common/cleanup.h"
#include "common/log.h"
#include "common/strbuf.h"
#include "host/board/board.h"
#include "host/cmd/command.h"
#include "host/report/out.h"
#include "host/board/session.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define RED    "\033[31m"
#define YELLOW "\033[33m"
#define DIM    "\033[2m"
#define PLAIN  "\033[0m"

struct log_options {
	bool follow;
	bool from_now;
	char *level;
};

static const struct option_row options[] = {
	OPTION_FLAG(struct log_options, follow, 'f', "follow", NULL,
		    "keep printing new messages, until Ctrl-C"),
	OPTION_FLAG(struct log_options, from_now, 'n', "new", NULL,
		    "with --follow: print new messages only"),
	OPTION_STRING(
		struct log_options, level, 0, "level", "LEVEL", NULL,
		"print this level and worse: emerg, alert, crit, err, warn, notice, info, debug"),
	OPTION_END,
};

/* The kernel's levels, 0 to 7. */
static const char *const levels[] = { "emerg", "alert",  "crit", "err",
				      "warn",  "notice", "info", "debug" };

static int parse_level(const char *text)
{
	int level;

	for (size_t i = 0; i < ARRAY_SIZE(levels); i++)
		if (strcmp(text, levels[i]) == 0)
			return (int)i;
	return parse_int(text, 0, 7, &level) == 0 ? level : -EINVAL;
}

static const char *level_colour(uint32_t level)
{
	return level <= 3 ? RED : level == 4 ? YELLOW : level == 7 ? DIM : "";
}

/* A record may have several lines; those after the first are indented, as by dmesg. */
static void add_record(struct strbuf *out, const char *record)
{
	struct text rest = { record, strlen(record) }, line;

	while (text_line(&rest, &line)) {
		if (out->len)
			strbuf_addf(out, "\n%15s", "");
		strbuf_add_clean(out, line.p, line.n);
	}
}

static void print_record(const outpost_LogRecord *record, bool colour)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	const char *start = colour ? level_colour(record->level) : "";

	add_record(&text, record->text);
	printf("%s[%5" PRIu64 ".%06" PRIu64 "]%s %s%s%s\n", colour ? DIM : "",
	       record->time_us / 1000000, record->time_us % 1000000, colour ? PLAIN : "", start,
	       text.buf, *start ? PLAIN : "");
}

/* Handles one frame. 1 to continue, 0 at the end, or -errno (logged). */
static int take_frame(const struct session *session, const struct board *board,
		      const struct frame *frame, int least, bool colour)
{
	outpost_Reply reply = { 0 };

	if (frame->type != FRAME_REPLY || proto_unpack(frame, outpost_Reply_fields, &reply) < 0)
		return log_error_errno(-EBADMSG, "Board %s: invalid message in the log",
				       board->name);
	switch (reply.which_body) {
	case outpost_Reply_record_tag:
		if (reply.body.record.lost) {
			fflush(stdout);
			log_warn("Records are missing here: the kernel has overwritten them");
		}
		if (reply.body.record.level <= (uint32_t)least)
			print_record(&reply.body.record, colour);
		return 1;
	case outpost_Reply_failure_tag: return session_say_failure(session, &reply.body.failure);
	default: return 0;
	}
}

/* Prints the log until its end, or Ctrl-C. */
static int copy_log(struct session *session, const struct board *board, int least)
{
	bool colour = out_colour(stdout);

	for (;;) {
		struct frame frame;
		int r = session_receive(session, 0, &frame);

		/* Print everything that has arrived before waiting for more. */
		if (r == SESSION_NOTHING && (fflush(stdout) || ferror(stdout)))
			return STATUS_TROUBLE;
		if (r == SESSION_NOTHING)
			r = session_receive(session, -1, &frame);
		if (r == -EINTR)
			return STATUS_OK;
		if (r != SESSION_FRAME)
			return session_say(session);
		r = take_frame(session, board, &frame, least, colour);
		if (r <= 0)
			return r;
	}
}

static int run(struct context *ctx, void *arg, int argc, char **argv)
{
	const struct log_options *o = arg;
	_cleanup_(board_freep) struct board *board = NULL;
	_cleanup_(session_closep) struct session *session = NULL;
	outpost_Request request = { .which_body = outpost_Request_follow_tag };
	int least = o->level ? parse_level(o->level) : 7;
	int r;

	(void)argc;
	(void)argv;
	if (least < 0)
		return usage_error(
			"--level: '%s' is not valid; use emerg, alert, crit, err, warn, notice, "
			"info, debug, or 0 to 7",
			o->level);
	if (o->from_now && !o->follow)
		return usage_error("--new without --follow would print nothing");
	request.body.follow.all = !o->from_now;
	request.body.follow.keep_on = o->follow;
	r = board_find(ctx->board, &board);
	if (r == 0)
		r = session_open(board, NULL, &session);
	if (r == 0)
		r = session_send(session, &request);
	return r < 0 ? r : copy_log(session, board, least);
}

const struct command cmd_log = {
	.name = "log",
	.args = "",
	.summary = "Show the board's kernel log",
	.options = options,
	.options_size = sizeof(struct log_options),
	.no_cache = true,
	.run = run,
};
