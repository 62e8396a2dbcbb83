// SPDX-License-Identifier: GPL-2.0-only
#include "common/kmsg.h"

#include "common/text.h"

#include <errno.h>

/* A higher one would be a facility that syslog(3) does not have. */
#define MAX_PRIORITY 0x3ff

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Takes one byte of the text, which may be written as \xNN. */
static char take_byte(struct text *t)
{
	char c = *t->p;

	if (c == '\\' && t->n >= 4 && t->p[1] == 'x') {
		int high = hex_digit(t->p[2]), low = hex_digit(t->p[3]);

		if (high >= 0 && low >= 0) {
			text_skip(t, 4);
			return (char)(high << 4 | low);
		}
	}
	text_skip(t, 1);
	return c;
}

static size_t unescape(struct text t, char *to, size_t size)
{
	size_t n = 0;

	while (t.n && n + 1 < size)
		to[n++] = take_byte(&t);
	to[n] = '\0';
	return n;
}

/* "prio,seq,usec,flags[,...];" */
static bool take_header(struct text *t, struct kmsg_record *out)
{
	uint64_t priority;

	if (!text_take_u64(t, &priority) || priority > MAX_PRIORITY || !text_take(t, ",") ||
	    !text_take_u64(t, &out->seq) || !text_take(t, ",") || !text_take_u64(t, &out->usec) ||
	    !text_take(t, ","))
		return false;
	out->level = (int)(priority & 7);
	out->facility = (int)(priority >> 3);
	out->continuation = false;
	for (; t->n && *t->p != ',' && *t->p != ';' && *t->p != '\n'; text_skip(t, 1))
		out->continuation |= *t->p == 'c' || *t->p == '+';
	while (t->n && *t->p != ';' && *t->p != '\n')
		text_skip(t, 1);
	return text_take(t, ";");
}

int kmsg_parse(const char *buf, size_t n, struct kmsg_record *out, char *text_buf, size_t text_size)
{
	struct text t = { buf, n };
	const char *end;

	if (!text_size || !take_header(&t, out))
		return -EBADMSG;
	end = memchr(t.p, '\n', t.n);
	if (end)
		t.n = (size_t)(end - t.p);
	out->text = text_buf;
	out->len = unescape(t, text_buf, text_size);
	return 0;
}
