/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A fake ssh for tests: if the test program is started as "ssh", it plays ssh and, behind it,
 * a board with a small agent. The environment controls it: FAKE_MODE, and FAKE_DIR for the
 * files that it leaves behind.
 */
#ifndef OUTPOST_TESTS_FAKE_SSH_H
#define OUTPOST_TESTS_FAKE_SSH_H

#include "common/alloc.h"
#include "common/fs.h"
#include "host/board/session_internal.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *fake_file(const char *name)
{
	return xasprintf("%s/%s", getenv("FAKE_DIR"), name);
}

static void fake_note(const char *word)
{
	_cleanup_free_ char *file = fake_file("log");
	int fd = open(file, O_WRONLY | O_CREAT | O_APPEND, 0600);

	(void)!write(fd, word, strlen(word));
	close(fd);
}

/* How often `word` was noted, in all connections. */
static inline size_t fake_count(const char *word)
{
	_cleanup_free_ char *file = fake_file("log");
	_cleanup_(strbuf_release) struct strbuf said = STRBUF_INIT;
	size_t n = 0;

	fs_read(file, &said, 0);
	for (const char *p = said.buf; (p = strstr(p, word)); p += strlen(word))
		n++;
	return n;
}

static bool fake_is(const char *mode)
{
	return strcmp(getenv("FAKE_MODE"), mode) == 0;
}

static bool fake_installed(void)
{
	_cleanup_free_ char *file = fake_file("agent");

	return fs_exists(file);
}

static void fake_reply(const outpost_Reply *reply)
{
	uint8_t out[PROTO_BUFFER];
	ssize_t n = proto_pack(FRAME_REPLY, outpost_Reply_fields, reply, out);

	if (n < 0 || fs_write_all(STDOUT_FILENO, out, (size_t)n) < 0)
		_exit(99);
}

/* If this file exists, the board is in another boot. */
static bool fake_was_reset(void)
{
	_cleanup_free_ char *file = fake_file("reset");

	return fs_exists(file);
}

static bool fake_void; /* Hello named another agent: ignores everything until the next Hello */

static void fake_welcome(const outpost_Hello *hello)
{
	outpost_Reply reply = { .which_body = outpost_Reply_welcome_tag };
	outpost_Welcome *w = &reply.body.welcome;
	const char *machine = fake_is("x86") ? "x86_64" : "aarch64";

	w->version = OUTPOST_PROTOCOL;
	proto_set(w->machine, machine);
	proto_set(w->release, "6.1.0-fake");
	proto_set(w->boot_id, fake_was_reset() ? "22222222-2222-2222-2222-222222222222"
					       : "11111111-1111-1111-1111-111111111111");
	if ((fake_is("old") && !fake_installed()) || fake_is("always-old"))
		proto_set(w->build_id, "0123");
	else
		agent_own_id(machine, w->build_id, sizeof(w->build_id));
	fake_void = *hello->build_id && strcmp(hello->build_id, w->build_id) != 0;
	fake_reply(&reply);
}

/* Sends 8 MiB of entries before it reads anything. */
static void fake_flood(void)
{
	static uint8_t payload[FRAME_MAX];
	uint8_t header[FRAME_HEADER];

	frame_header(header, FRAME_ENTRY, payload, sizeof(payload));
	for (int i = 0; i < 128; i++)
		if (fs_write_all(STDOUT_FILENO, header, sizeof(header)) < 0 ||
		    fs_write_all(STDOUT_FILENO, payload, sizeof(payload)) < 0)
			_exit(99);
}

static size_t blob_bytes;

/*
 * A slow board: it keeps receiving, or only shows signs of life. An old agent does not count
 * the bytes that it received.
 */
static void fake_linger(bool takes)
{
	outpost_Reply reply = { .which_body = outpost_Reply_alive_tag };

	reply.body.alive.received = !fake_is("uncounted");
	for (int i = 0; i < 30; i++) {
		usleep(50 * 1000);
		reply.body.alive.received += takes;
		fake_reply(&reply);
	}
}

/* Plays the board's agent; NULL: fake_serve(). */
static int (*fake_agent)(void);

static void fake_take(const struct frame *frame)
{
	outpost_Request request = { 0 };
	outpost_Reply reply = { .which_body = outpost_Reply_done_tag };

	if (frame->type == FRAME_BLOB) {
		blob_bytes += fake_void ? 0 : frame->length;
		return;
	}
	if (proto_unpack(frame, outpost_Request_fields, &request) < 0)
		_exit(98);
	if (request.which_body == outpost_Request_hello_tag) {
		fake_welcome(&request.body.hello);
		if (fake_is("flood"))
			fake_flood();
		while (fake_is("floods-forever"))
			fake_flood();
		if (fake_is("garbles"))
			fs_write_all(STDOUT_FILENO, "Segmentation fault\n", 19);
		if (fake_is("dies"))
			_exit(3);
	} else if (fake_void) {
		fake_note("void ");
	} else if (request.which_body == outpost_Request_runs_tag) {
		_cleanup_free_ char *text = xasprintf("runs%zu ", blob_bytes);

		fake_note(text);
		reply.which_body = outpost_Reply_alive_tag;
		fake_reply(&reply);
		if (fake_is("slow") || fake_is("stalled") || fake_is("uncounted"))
			fake_linger(fake_is("slow"));
		reply.which_body = outpost_Reply_done_tag;
		fake_reply(&reply);
	} else if (request.which_body == outpost_Request_status_tag && !fake_is("old")) {
		outpost_Status *status = &reply.body.status;

		reply.which_body = outpost_Reply_status_tag;
		proto_set(status->run, "20260102-150405-1a2b3c");
		proto_set(status->user, "ann@\033[31mlaptop");
		status->since = 1796000000;
		proto_set(status->loaded[status->loaded_count++], "hello");
		proto_set(status->loaded[status->loaded_count++], "\xff");
		status->more = 5;
		fake_reply(&reply);
	}
}

static int fake_serve(void)
{
	_cleanup_(strbuf_release) struct strbuf in = STRBUF_INIT;
	int fd = STDIN_FILENO;

	for (;;) {
		struct frame frame;
		int r = frame_parse((uint8_t *)in.buf, in.len, &frame);

		if (r < 0)
			return 97;
		if (r == 1) {
			fake_take(&frame);
			strbuf_consume(&in, frame.total);
		} else if (!process_read(&fd, &in)) {
			return 0;
		}
	}
}

/* Like the real command: reads a line with the size, then that many bytes. */
static int fake_install(void)
{
	_cleanup_(strbuf_release) struct strbuf in = STRBUF_INIT;
	_cleanup_free_ char *file = fake_file("agent");
	int fd = STDIN_FILENO;
	char *end;
	size_t size;

	fake_note("install ");
	if (fake_is("full")) {
		fprintf(stderr, "cat: write error: No space left on device\n");
		return 1;
	}
	while (process_read(&fd, &in))
		;
	size = strtoul(in.buf, &end, 10);
	if (*end != '\n' || in.len - (size_t)(end + 1 - in.buf) != size)
		return 96;
	return fs_write_atomic(file, end + 1, size, 0755) < 0;
}

static const char *fake_control(char **argv)
{
	for (; *argv; argv++)
		if (strncmp(*argv, "ControlPath=", 12) == 0)
			return *argv + 12;
	return "none";
}

static int fake_session(char **argv)
{
	const char *control = fake_control(argv);

	if (fake_is("silent"))
		sleep(20);
	if (fake_is("refused")) {
		fprintf(stderr, "ssh: connect to host pi port 22: Connection refused\r\n");
		return 255;
	}
	if (fake_is("no-sudo")) {
		fprintf(stderr, "sh: 1: exec: sudo: not found\n");
		return 127;
	}
	if ((fake_is("missing") || fake_is("full")) && !fake_installed()) {
		fprintf(stderr, "outpost-agent: missing\n");
		return 127;
	}
	if (fake_is("dead-master") && fs_exists(control))
		return 255;
	if (fake_is("master"))
		close(open(control, O_WRONLY | O_CREAT, 0600));
	if (fake_is("noise")) {
		printf("Welcome to \xf5 my Pi!\n");
		fflush(stdout);
	}
	if (fake_is("only-noise"))
		return puts("Hello \033[31mthere") < 0;
	return fake_agent ? fake_agent() : fake_serve();
}

/* Puts this program in PATH as ssh. `dir` is a template for mkdtemp(), which creates it. */
static int fake_setup(char *dir)
{
	_cleanup_free_ char *self = realpath("/proc/self/exe", NULL), *bin = NULL, *ssh = NULL;
	_cleanup_free_ char *path = NULL;

	signal(SIGPIPE, SIG_IGN);
	if (!mkdtemp(dir))
		return -1;
	bin = xasprintf("%s/bin", dir);
	ssh = xasprintf("%s/ssh", bin);
	path = xasprintf("%s:%s", bin, getenv("PATH"));
	setenv("PATH", path, 1);
	setenv("FAKE_DIR", dir, 1);
	setenv("XDG_RUNTIME_DIR", dir, 1);
	setenv("XDG_STATE_HOME", dir, 1);
	fs_mkdir_p(bin, 0700);
	return symlink(self, ssh);
}

static int fake_ssh(int argc, char **argv)
{
	const char *command = argv[argc - 1];

	if (fake_is("by-name")) /* each board in a mode of its own */
		setenv("FAKE_MODE", argv[argc - 2], 1);
	if (strstr(command, "outpost-agent serve")) {
		fake_note("open ");
		return fake_session(argv);
	}
	if (strstr(command, "umask"))
		return fake_install();
	if (strcmp(command, "uname -m") == 0) {
		fake_note("uname ");
		printf("Hello\n%s\n", fake_is("armv7") ? "armv7l" : "aarch64");
		return 0;
	}
	fake_note("other ");
	return 0;
}

/*
 * Call this first in main(). If started as ssh, plays ssh, with `agent` (NULL: fake_serve())
 * at the other end; otherwise sets the test's time limit of five minutes.
 */
static void fake_start(int argc, char **argv, int (*agent)(void))
{
	fake_agent = agent;
	if (strcmp(basename(argv[0]), "ssh") == 0)
		exit(fake_ssh(argc, argv));
	alarm(300);
}

#endif
