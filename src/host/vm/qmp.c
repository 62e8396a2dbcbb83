// SPDX-License-Identifier: GPL-2.0-only
#include "host/vm/qmp.h"

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/strbuf.h"
#include "host/base/unix_socket.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define ANSWER_LIMIT (1024 * 1024)

/* On a host with much else to do 5 s were not enough for a QEMU that was well. */
#define ANSWER_S 30

struct qmp {
	int fd;
	struct strbuf input;
};

static int read_line(struct qmp *qmp, struct strbuf *line)
{
	for (;;) {
		char *newline = memchr(qmp->input.buf, '\n', qmp->input.len);
		char piece[4096];
		ssize_t n;

		if (newline) {
			size_t length = (size_t)(newline - qmp->input.buf) + 1;

			strbuf_reset(line);
			strbuf_add(line, qmp->input.buf, length);
			strbuf_consume(&qmp->input, length);
			return 0;
		}
		n = read(qmp->fd, piece, sizeof(piece));
		if (n < 0)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		if (n == 0 || qmp->input.len > ANSWER_LIMIT)
			return -ECONNRESET;
		strbuf_add(&qmp->input, piece, (size_t)n);
	}
}

/* Reads until an object with `key` comes; events in between are passed over. */
static int await(struct qmp *qmp, const char *key)
{
	_cleanup_(strbuf_release) struct strbuf line = STRBUF_INIT;

	for (;;) {
		int r = read_line(qmp, &line);
		json_t *object = r < 0 ? NULL : json_loadb(line.buf, line.len, 0, NULL);

		if (r < 0)
			return r;
		log_debug("qmp: %.*s", (int)line.len - 1, line.buf);
		if (json_object_get(object, key))
			r = 1;
		else if (!object || json_object_get(object, "error"))
			r = -EPROTO;
		json_decref(object);
		if (r)
			return r < 0 ? r : 0;
	}
}

static int execute(struct qmp *qmp, const char *command, const char *arguments)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r;

	strbuf_addf(&text, "{\"execute\":\"%s\"%s%s}\n", command,
		    arguments ? ",\"arguments\":" : "", arguments ? arguments : "");
	r = fs_write_all(qmp->fd, text.buf, text.len);
	return r < 0 ? r : await(qmp, "return");
}

int qmp_command(const char *dir, const char *command, const char *arguments)
{
	struct timeval limit = { .tv_sec = ANSWER_S };
	struct qmp qmp = { .fd = unix_socket_connect(dir, "qmp.sock"), .input = STRBUF_INIT };
	int r;

	if (qmp.fd < 0)
		return qmp.fd;
	setsockopt(qmp.fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	r = await(&qmp, "QMP");
	if (r == 0)
		r = execute(&qmp, "qmp_capabilities", NULL);
	if (r == 0)
		r = execute(&qmp, command, arguments);
	close(qmp.fd);
	strbuf_release(&qmp.input);
	return r;
}
