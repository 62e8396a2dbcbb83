// SPDX-License-Identifier: GPL-2.0-only
#include "agent/serve/serve.h"

#include "agent/base/build_id.h"
#include "agent/guard/guard.h"
#include "agent/run/holder.h"
#include "agent/base/logs.h"
#include "agent/run/supervisor.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/fs.h"
#include "common/log.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ALIVE_MS 1000

outpost_Reply *serve_reply(struct serve *s, pb_size_t tag)
{
	memset(&s->reply, 0, sizeof(s->reply));
	s->reply.which_body = tag;
	return &s->reply;
}

void serve_send(struct serve *s)
{
	uint8_t buffer[PROTO_BUFFER];
	ssize_t n = proto_pack(FRAME_REPLY, outpost_Reply_fields, &s->reply, buffer);

	if (n < 0 || fs_write_all(STDOUT_FILENO, buffer, (size_t)n) < 0)
		s->gone = true;
}

void serve_fail(struct serve *s, int r, const char *fmt, ...)
{
	outpost_Failure *failure = &serve_reply(s, outpost_Reply_failure_tag)->body.failure;
	size_t n;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(failure->what, sizeof(failure->what), fmt, ap);
	va_end(ap);
	n = strlen(failure->what);
	snprintf(failure->what + n, sizeof(failure->what) - n, ": %s", strerror(-r));
	failure->error = -r;
	s->void_flight = true;
	s->start_needs = 0;
	s->deploy_waits = false;
	serve_send(s);
}

/* --- requests ------------------------------------------------------------------- */

/*
 * Cleans up if a killed supervisor left the board armed and a module loaded, and no other has
 * started since.
 */
static void tidy_board(struct serve *s)
{
	_cleanup_close_ int lock = -1;
	struct holder holder;
	const char *home;

	if (!guard_is_armed(&s->dirs))
		return;
	lock = holder_take(&s->dirs, &holder);
	if (lock < 0)
		return;
	guard_recover(&s->dirs);
	if (!holder_read(lock, &holder))
		return;
	home = *holder.home ? holder.home : s->dirs.home;
	/* Hold the lock in its name until done; its pid may be any process's by now. */
	if (holder_write(lock, home, holder.run, 0, holder.user) == 0)
		supervisor_clean_after(home, holder.run);
}

static void take_hello(struct serve *s, const outpost_Hello *hello)
{
	s->greeted = true;
	proto_set(s->start_user, hello->user);
	tidy_board(s);
	s->start_needs = 0;
	s->deploy_waits = false; /* of an abandoned flight */
	journal_close(&s->plan);
	s->void_flight = hello->version != OUTPOST_PROTOCOL ||
			 (*hello->build_id && strcmp(hello->build_id, build_id()) != 0);
	serve_welcome(s);
}

static void try_deploy(struct serve *s)
{
	outpost_Deployed *deployed;
	char path[DIRS_MAX];
	int r;

	if (s->deploy.hash.size != HASH_SIZE) {
		serve_fail(s, -EBADMSG, "Deploy");
		return;
	}
	s->deploy_waits = !blob_exists(&s->dirs, s->deploy.hash.bytes);
	if (s->deploy_waits) {
		outpost_Need *need = &serve_reply(s, outpost_Reply_need_tag)->body.need;

		memcpy(&need->hash, &s->deploy.hash, sizeof(need->hash));
		serve_send(s);
		return;
	}
	r = blob_deploy(&s->dirs, s->deploy.name, s->deploy.hash.bytes, path);
	if (r < 0) {
		serve_fail(s, r, "Cannot deploy %.64s below %s/development", s->deploy.name,
			   s->dirs.home);
		return;
	}
	deployed = &serve_reply(s, outpost_Reply_deployed_tag)->body.deployed;
	proto_set(deployed->name, s->deploy.name);
	proto_set(deployed->path, path);
	deployed->changed = r > 0;
	serve_send(s);
}

static void send_log(struct serve *s)
{
	struct kmsg_record record;
	uint64_t lost;

	while (!s->gone && kmsg_reader_next(&s->log, &record, &lost) > 0) {
		outpost_LogRecord *r = &serve_reply(s, outpost_Reply_record_tag)->body.record;

		r->level = (uint32_t)record.level;
		r->sequence = record.seq;
		r->time_us = record.usec;
		r->lost = lost > 0;
		proto_set(r->text, record.text);
		serve_send(s);
	}
}

static void take_follow(struct serve *s, const outpost_Follow *follow)
{
	int r;

	kmsg_reader_close(&s->log);
	r = kmsg_reader_open(&s->log, follow->all);
	s->log_follows = r == 0 && follow->keep_on;
	if (r < 0) {
		serve_fail(s, r, "Cannot read the kernel log (/dev/kmsg)");
		return;
	}
	send_log(s);
	if (s->log_follows)
		return;
	kmsg_reader_close(&s->log);
	serve_reply(s, outpost_Reply_done_tag);
	serve_send(s);
}

static bool is_allowed(struct serve *s)
{
	const char *what;

	if (!s->production || production_allows(s->dirs.root, &s->request, &what))
		return true;
	serve_fail(s, -EPERM, "A production key may not %s", what);
	return false;
}

static void take_request(struct serve *s)
{
	const outpost_Request *q = &s->request;

	if (q->which_body == outpost_Request_hello_tag) {
		take_hello(s, &q->body.hello);
		return;
	}
	if (!s->greeted || s->void_flight || !is_allowed(s))
		return;
	switch (q->which_body) {
	case outpost_Request_blob_tag: {
		int r = blob_begin(&s->blob, &q->body.blob);

		if (r < 0)
			serve_fail(s, r, "Cannot store a file below %s/development", s->dirs.home);
		return;
	}
	case outpost_Request_deploy_tag:
		s->deploy = q->body.deploy;
		try_deploy(s);
		return;
	case outpost_Request_plan_tag: serve_plan(s, &q->body.plan); return;
	case outpost_Request_module_tag: serve_plan_module(s, &q->body.module); return;
	case outpost_Request_start_tag:
		s->start = q->body.start;
		serve_start(s);
		return;
	case outpost_Request_attach_tag: serve_attach(s, &q->body.attach); return;
	case outpost_Request_cancel_tag: serve_cancel(s, &q->body.cancel); return;
	case outpost_Request_collected_tag:
		logs_note_collected(&s->dirs, q->body.collected.run);
		return;
	case outpost_Request_follow_tag: take_follow(s, &q->body.follow); return;
	case outpost_Request_runs_tag: serve_runs(s); return;
	case outpost_Request_survival_tag: serve_survival(s); return;
	case outpost_Request_status_tag: serve_status(s); return;
	case outpost_Request_pull_tag: serve_pull(s, &q->body.pull); return;
	case outpost_Request_provision_tag: serve_provision(s, &q->body.provision); return;
	case outpost_Request_condition_tag: serve_condition(s); return;
	}
}

static void take_blob_data(struct serve *s, const struct frame *frame)
{
	int r;

	if (!s->greeted || s->void_flight)
		return;
	r = blob_data(&s->blob, frame->payload, frame->length);
	if (r < 0)
		serve_fail(s, r, "Cannot store a file below %s/development", s->dirs.home);
	else if (r > 0 && s->start_needs && --s->start_needs == 0)
		serve_start(s);
	else if (r > 0 && s->deploy_waits)
		try_deploy(s);
}

/* --- the loop ----------------------------------------------------------------------- */

/*
 * Handles all complete frames at the start of the buffer. Returns the number of bytes left, or
 * -EBADMSG.
 */
static ssize_t take_frames(struct serve *s, uint8_t *buffer, size_t have)
{
	struct frame frame;
	size_t used = 0;
	int r;

	while ((r = frame_parse(buffer + used, have - used, &frame)) > 0) {
		used += frame.total;
		if (frame.type == FRAME_BLOB) {
			take_blob_data(s, &frame);
		} else if (frame.type == FRAME_REQUEST) {
			if (proto_unpack(&frame, outpost_Request_fields, &s->request) < 0)
				return -EBADMSG;
			take_request(s);
		}
	}
	if (r < 0)
		return r;
	memmove(buffer, buffer + used, have - used);
	return (ssize_t)(have - used);
}

static void say_alive(struct serve *s)
{
	serve_reply(s, outpost_Reply_alive_tag)->body.alive.received = s->received;
	serve_send(s);
}

static int loop(struct serve *s)
{
	static uint8_t buffer[FRAME_MAX + FRAME_HEADER];
	uint64_t said_us = boottime_us();
	ssize_t have = 0;

	while (!s->gone) {
		struct pollfd fds[] = {
			{ .fd = STDIN_FILENO, .events = POLLIN },
			{ .fd = s->inotify_fd, .events = POLLIN },
			{ .fd = s->log_follows ? s->log.fd : -1, .events = POLLIN },
		};
		int r = poll(fds, 3, ALIVE_MS);

		if (r < 0 && errno != EINTR)
			return 1;
		/* Also while files arrive, which may take minutes over a slow link. */
		if (r == 0 || boottime_us() - said_us >= ALIVE_MS * 1000ull) {
			say_alive(s);
			said_us = boottime_us();
		}
		if (r == 0 || fds[1].revents)
			serve_follow_run(s);
		if (fds[2].revents)
			send_log(s);
		if (!fds[0].revents)
			continue;
		r = (int)read(STDIN_FILENO, buffer + have, sizeof(buffer) - (size_t)have);
		if (r <= 0)
			return 0;
		s->received += (uint64_t)r;
		have = take_frames(s, buffer, (size_t)(have + r));
		if (have < 0) {
			log_error("The input is not Outpost's protocol");
			return 1;
		}
	}
	return 0;
}

int serve(bool production)
{
	static struct serve s; /* large: as initialized data it would enlarge the file */
	int r = dirs_init(&s.dirs);

	s.production = production;
	s.plan.fd = s.follow_fd = s.inotify_fd = s.log.fd = -1;
	signal(SIGPIPE, SIG_IGN);
	if (r < 0) {
		log_error_errno(r, "Cannot find the login user's home or create /run/outpost");
		return 1;
	}
	blob_init(&s.blob, &s.dirs);
	return loop(&s);
}
