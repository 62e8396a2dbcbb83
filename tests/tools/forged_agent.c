// SPDX-License-Identifier: GPL-2.0-only
/*
 * The agent of a board that lies: forged-agent DIR. The files of DIR are what it sends: `release`
 * and `version` (of the kernel), and as answers to Pull the archives `tree`, `config`, `symbols`
 * and `changelog`; `build` is the folder that it names with the tree. It refuses what is not there.
 */
#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/process.h"
#include "common/proto.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *dir;

/* The content of a file, or NULL. */
static struct strbuf *content_of(const char *name, struct strbuf *text)
{
	_cleanup_free_ char *path = xasprintf("%s/%s", dir, name);

	return fs_read(path, text, 0) == 0 ? text : NULL;
}

static void set_text(char *field, size_t size, const char *name)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (content_of(name, &text))
		proto_copy(field, size, text.buf);
	field[strcspn(field, "\n")] = '\0';
}

static void reply(const outpost_Reply *message)
{
	uint8_t out[PROTO_BUFFER];
	ssize_t n = proto_pack(FRAME_REPLY, outpost_Reply_fields, message, out);

	if (n < 0 || fs_write_all(STDOUT_FILENO, out, (size_t)n) < 0)
		_exit(1);
}

static void welcome(const outpost_Hello *hello)
{
	outpost_Reply message = { .which_body = outpost_Reply_welcome_tag };
	outpost_Welcome *w = &message.body.welcome;

	w->version = OUTPOST_PROTOCOL;
	w->page_size = 4096;
	proto_set(w->build_id, hello->build_id); /* that of the host's own agent */
	proto_set(w->machine, "aarch64");
	proto_set(w->boot_id, "11111111-1111-1111-1111-111111111111");
	set_text(w->release, sizeof(w->release), "release");
	set_text(w->kernel_version, sizeof(w->kernel_version), "version");
	reply(&message);
}

static void status(void)
{
	outpost_Reply message = { .which_body = outpost_Reply_status_tag };
	outpost_Status *s = &message.body.status;

	proto_set(s->run, "run");
	set_text(s->user, sizeof(s->user), "user");
	s->since = UINT64_MAX;
	set_text(s->loaded[0], sizeof(s->loaded[0]), "loaded");
	s->loaded_count = 1;
	s->more = UINT32_MAX;
	reply(&message);
}

static void send_archive(const struct strbuf *archive)
{
	uint8_t header[FRAME_HEADER];

	for (size_t at = 0, n; at < archive->len; at += n) {
		n = archive->len - at < FRAME_MAX ? archive->len - at : FRAME_MAX;
		frame_header(header, FRAME_BLOB, archive->buf + at, n);
		if (fs_write_all(STDOUT_FILENO, header, sizeof(header)) < 0 ||
		    fs_write_all(STDOUT_FILENO, archive->buf + at, n) < 0)
			_exit(1);
	}
}

static void pull(outpost_Pull_What what)
{
	static const char *const names[] = {
		[outpost_Pull_What_TREE] = "tree",
		[outpost_Pull_What_CONFIG] = "config",
		[outpost_Pull_What_SYMBOLS] = "symbols",
		[outpost_Pull_What_CHANGELOG] = "changelog",
	};
	_cleanup_(strbuf_release) struct strbuf archive = STRBUF_INIT;
	const char *name = (size_t)what < ARRAY_SIZE(names) ? names[what] : NULL;
	outpost_Reply message = { .which_body = outpost_Reply_failure_tag };

	if (name && content_of(name, &archive)) {
		send_archive(&archive);
		message.which_body = outpost_Reply_pulled_tag;
		message.body.pulled.files = 1;
		set_text(message.body.pulled.build, sizeof(message.body.pulled.build), "build");
	} else {
		proto_set(message.body.failure.what, "there is none");
	}
	reply(&message);
}

static void take(const struct frame *frame)
{
	outpost_Request request = { 0 };

	if (frame->type != FRAME_REQUEST ||
	    proto_unpack(frame, outpost_Request_fields, &request) < 0)
		return;
	if (request.which_body == outpost_Request_hello_tag)
		welcome(&request.body.hello);
	else if (request.which_body == outpost_Request_pull_tag)
		pull(request.body.pull.what);
	else if (request.which_body == outpost_Request_status_tag)
		status();
}

int main(int argc, char **argv)
{
	_cleanup_(strbuf_release) struct strbuf in = STRBUF_INIT;
	int fd = STDIN_FILENO;

	if (argc != 2)
		return 2;
	dir = argv[1];
	for (;;) {
		struct frame frame;
		int r = frame_parse((uint8_t *)in.buf, in.len, &frame);

		if (r < 0)
			return 1;
		if (r == 0 && !process_read(&fd, &in))
			return 0;
		if (r == 1) {
			take(&frame);
			strbuf_consume(&in, frame.total);
		}
	}
}
