/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A growing byte string. `buf` is always NUL-terminated and never NULL, but may contain NUL bytes;
 * `len` is its length.
 *
 *	_cleanup_(strbuf_release) struct strbuf sb = STRBUF_INIT;
 */
#ifndef OUTPOST_STRBUF_H
#define OUTPOST_STRBUF_H

#include <stdarg.h>
#include <stddef.h>

struct strbuf {
	char *buf;
	size_t len;
	size_t size; /* allocated size; 0 while buf is the shared empty string */
};

extern char strbuf_empty[];

/* clang-format off */
#define STRBUF_INIT { .buf = strbuf_empty }
/* clang-format on */

void strbuf_release(struct strbuf *sb);
void strbuf_reset(struct strbuf *sb);
void strbuf_grow(struct strbuf *sb, size_t more); /* makes room for `more` bytes after len */
void strbuf_add(struct strbuf *sb, const void *data, size_t n);
void strbuf_adds(struct strbuf *sb, const char *s);
void strbuf_addch(struct strbuf *sb, char c);
void strbuf_addf(struct strbuf *sb, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void strbuf_vaddf(struct strbuf *sb, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));

/* Drops the first n bytes. */
void strbuf_consume(struct strbuf *sb, size_t n);

/* Passes the string to the caller, who frees it; the buffer is then empty. */
char *strbuf_detach(struct strbuf *sb);

/*
 * Adds `n` bytes of external text on one line, made safe for a terminal: control characters other
 * than tab, Unicode's controls of direction and its line separators, and bytes that are not valid
 * UTF-8 are written as \xNN.
 */
void strbuf_add_clean(struct strbuf *sb, const char *text, size_t n);

/*
 * The length (2 to 4) of the valid UTF-8 sequence at `s`, or 0 for ASCII, overlong forms,
 * surrogates and C1 controls.
 */
size_t utf8_length(const unsigned char *s, size_t n);

#endif
