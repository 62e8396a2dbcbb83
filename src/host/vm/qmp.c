// SPDX-License-Identifier: GPL-2.0-only
#include "host/vm/qmp.h"

#include "common/alloc.h"
#include "common/log.h"
#include "common/strbuf.h"
#include "common/unix_socket.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#define ANSWER_LIMIT (1024 * 1024)

/* 5 s were not enough for a healthy QEMU on a busy host. */
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

/*
 * Reads until an object with `key` arrives, and sets *value to its value unless `value` is
 * NULL. Skips events.
 */
static int await(struct qmp *qmp, const char *key, json_t **value)
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
		if (r > 0 && value)
			*value = json_incref(json_object_get(object, key));
		json_decref(object);
		if (r)
			return r < 0 ? r : 0;
	}
}

/* Sends a command, and with it the descriptor `fd` unless it is -1. */
static int send_command(struct qmp *qmp, const struct strbuf *text, int fd)
{
	struct iovec iov = { .iov_base = text->buf, .iov_len = text->len };
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { .header = { .cmsg_len = CMSG_LEN(sizeof(int)),
				  .cmsg_level = SOL_SOCKET,
				  .cmsg_type = SCM_RIGHTS } };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;

	if (fd >= 0) {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control.space);
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	}
	n = sendmsg(qmp->fd, &message, MSG_NOSIGNAL);
	if (n < 0)
		return -errno;
	return (size_t)n == text->len ? 0 : -EIO;
}

static int execute(struct qmp *qmp, const char *command, const char *arguments, int fd,
		   json_t **answer)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r;

	strbuf_addf(&text, "{\"execute\":\"%s\"%s%s}\n", command,
		    arguments ? ",\"arguments\":" : "", arguments ? arguments : "");
	r = send_command(qmp, &text, fd);
	return r < 0 ? r : await(qmp, "return", answer);
}

int qmp_execute(struct qmp *qmp, const char *command, const char *arguments, json_t **answer)
{
	return execute(qmp, command, arguments, -1, answer);
}

int qmp_give(struct qmp *qmp, int fd, const char *name)
{
	_cleanup_free_ char *arguments = xasprintf("{\"fdname\":\"%s\"}", name);

	return execute(qmp, "getfd", arguments, fd, NULL);
}

int qmp_open(const char *dir, struct qmp **out)
{
	_cleanup_(qmp_closep) struct qmp *qmp = xcalloc(1, sizeof(*qmp));
	struct timeval limit = { .tv_sec = ANSWER_S };
	int r;

	qmp->input = (struct strbuf)STRBUF_INIT;
	qmp->fd = unix_socket_connect(dir, "qmp.sock", false);
	if (qmp->fd < 0)
		return qmp->fd;
	setsockopt(qmp->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	r = await(qmp, "QMP", NULL);
	if (r == 0)
		r = qmp_execute(qmp, "qmp_capabilities", NULL, NULL);
	if (r == 0)
		*out = TAKE_PTR(qmp);
	return r;
}

void qmp_close(struct qmp *qmp)
{
	if (qmp->fd >= 0)
		close(qmp->fd);
	strbuf_release(&qmp->input);
	free(qmp);
}

int qmp_command(const char *dir, const char *command, const char *arguments)
{
	_cleanup_(qmp_closep) struct qmp *qmp = NULL;
	int r = qmp_open(dir, &qmp);

	return r < 0 ? r : qmp_execute(qmp, command, arguments, NULL);
}
