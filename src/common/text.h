/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bounded text: (pointer, length) pairs that are not NUL-terminated, and fixed-size buffers
 * that are. Nothing here allocates, because the supervisor uses it.
 */
#ifndef OUTPOST_TEXT_H
#define OUTPOST_TEXT_H

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct text {
	const char *p;
	size_t n;
};

static inline bool text_starts(struct text t, const char *prefix)
{
	size_t n = strlen(prefix);

	/* The first byte tells most of them apart without a call. */
	return t.n >= n && (!n || (*t.p == *prefix && memcmp(t.p, prefix, n) == 0));
}

static inline void text_skip(struct text *t, size_t n)
{
	n = n < t->n ? n : t->n;
	t->p += n;
	t->n -= n;
}

/* Removes `prefix` if the text starts with it. */
static inline bool text_take(struct text *t, const char *prefix)
{
	if (!text_starts(*t, prefix))
		return false;
	text_skip(t, strlen(prefix));
	return true;
}

static inline void text_skip_blanks(struct text *t)
{
	while (t->n && (*t->p == ' ' || *t->p == '\t'))
		text_skip(t, 1);
}

/* Removes blanks, carriage returns and newlines at the end. */
static inline void text_trim_end(struct text *t)
{
	while (t->n && isspace((unsigned char)t->p[t->n - 1]))
		t->n--;
}

/* Finds `what`, which is short, or returns NULL. Faster than memmem(3) for lines. */
static inline const char *text_find(struct text t, const char *what)
{
	size_t n = strlen(what);
	const char *at = t.p, *last;

	if (t.n < n)
		return NULL;
	last = t.p + t.n - n;
	for (; (at = memchr(at, *what, (size_t)(last - at) + 1)) != NULL; at++) {
		if (memcmp(at, what, n) == 0)
			return at;
		if (at == last)
			return NULL;
	}
	return NULL;
}

/* The text after `what` in `t`; false if it does not occur. */
static inline bool text_after(struct text t, const char *what, struct text *rest)
{
	const char *at = text_find(t, what);

	if (!at)
		return false;
	at += strlen(what);
	*rest = (struct text){ at, t.n - (size_t)(at - t.p) };
	return true;
}

/* Removes the next line from `rest`, without its newline; false at the end. */
static inline bool text_line(struct text *rest, struct text *line)
{
	const char *end = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;

	if (!rest->n)
		return false;
	line->p = rest->p;
	line->n = end ? (size_t)(end - rest->p) : rest->n;
	text_skip(rest, line->n + 1);
	return true;
}

/* Both are NUL-terminated. */
static inline bool text_ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && strcmp(s + n - m, end) == 0;
}

/* A 64-bit hash of a string: FNV-1a (RFC 9923). Not collision-resistant against an attacker. */
static inline uint64_t text_hash(const char *s)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (; *s; s++)
		hash = (hash ^ (unsigned char)*s) * 0x100000001b3;
	return hash;
}

/* Copies to a buffer of `size` bytes, truncated to fit and NUL-terminated; false if truncated. */
bool text_copy(char *to, size_t size, struct text t);

/* Removes a decimal number from the start; false if there is none or it is too large. */
static inline bool text_take_u64(struct text *t, uint64_t *value)
{
	struct text at = *t;
	uint64_t v = 0;

	while (at.n && isdigit((unsigned char)*at.p)) {
		unsigned int digit = (unsigned int)(*at.p - '0');

		if (v > (UINT64_MAX - digit) / 10)
			return false;
		v = v * 10 + digit;
		text_skip(&at, 1);
	}
	if (at.p == t->p)
		return false;
	*value = v;
	*t = at;
	return true;
}

#endif
