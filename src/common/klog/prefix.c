// SPDX-License-Identifier: GPL-2.0-only
#include "common/klog/internal.h"

/* The most prefixes that any tool prints: time, host, level, stamp, caller. */
#define MAX_PREFIXES 8

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool all_of(struct text t, const char *pattern)
{
	for (size_t i = 0; pattern[i]; i++)
		if (i >= t.n || (pattern[i] == '9' ? !is_digit(t.p[i]) : t.p[i] != pattern[i]))
			return false;
	return true;
}

/* "<4>", "<14>", or "<14>1 " before a date (RFC 5424) */
static bool take_priority(struct text *t)
{
	struct text at = *t;
	uint64_t n;

	if (!text_take(&at, "<") || !text_take_u64(&at, &n) || n > 255 || !text_take(&at, ">"))
		return false;
	if (all_of(at, "1 9999-"))
		text_skip(&at, 2);
	*t = at;
	return true;
}

/* "6,1234,5678,-[,caller=T12];" of /dev/kmsg */
static bool take_record_header(struct text *t, struct klog_prefix *prefix)
{
	struct text at = *t, rest;
	uint64_t n;
	const char *end;

	if (!text_take_u64(&at, &n) || !text_take(&at, ",") || !text_take_u64(&at, &n) ||
	    !text_take(&at, ",") || !text_take_u64(&at, &n) || !text_take(&at, ","))
		return false;
	end = memchr(at.p, ';', at.n < 64 ? at.n : 64);
	if (!end)
		return false;
	if (text_after((struct text){ at.p, (size_t)(end - at.p) }, "caller=", &rest) &&
	    rest.n > 1) {
		char type = *rest.p;

		text_skip(&rest, 1);
		if (text_take_u64(&rest, &n))
			prefix->caller = (uint32_t)(n << 1 | (type == 'C')) + 1;
	}
	text_skip(&at, (size_t)(end - at.p) + 1);
	prefix->has_time = true;
	*t = at;
	return true;
}

/* The caller of CONFIG_PRINTK_CALLER: "T123", "C0", with blanks before it. */
static bool parse_caller(struct text inside, struct klog_prefix *prefix)
{
	uint64_t n;
	char type;

	text_skip_blanks(&inside);
	if (inside.n < 2 || (*inside.p != 'T' && *inside.p != 'C'))
		return false;
	type = *inside.p;
	text_skip(&inside, 1);
	if (!text_take_u64(&inside, &n) || inside.n)
		return false;
	prefix->caller = (uint32_t)(n << 1 | (type == 'C')) + 1;
	return true;
}

/*
 * "   12.345678", with "@1" for the CPU (Amlogic's), and of dmesg -d
 * "   12.345678 <    0.000001>" or "<    0.000001>" alone
 */
static bool parse_stamp(struct text inside)
{
	uint64_t n;

	text_skip_blanks(&inside);
	if (!text_take(&inside, "+"))
		text_take(&inside, "<");
	text_skip_blanks(&inside);
	if (!text_take_u64(&inside, &n) || (!text_take(&inside, ".") && !text_take(&inside, ",")))
		return false;
	text_take_u64(&inside, &n); /* absent from a clock of whole seconds */
	if (text_take(&inside, "@") && !text_take_u64(&inside, &n))
		return false;
	text_skip_blanks(&inside);
	return !inside.n || *inside.p == '<' || *inside.p == '>';
}

/* "Wed Nov 22 20:34:01 2023" (dmesg -T, in any language), "Nov22 20:34" (dmesg -e),
 * "4:   swapper/4:    0" (vendors) */
static bool parse_clock(struct text inside)
{
	const char *colon = memchr(inside.p, ':', inside.n);
	struct text at = inside;

	if (!colon || colon == inside.p || !is_digit(colon[-1]))
		return false;
	if (colon - inside.p > 2) {
		text_skip(&at, (size_t)(colon - 2 - inside.p));
		if (all_of(at, "99:99:99 9999"))
			return true;
	}
	if (is_digit(*inside.p))
		return memchr(colon + 1, ':', inside.n - (size_t)(colon + 1 - inside.p));
	return inside.n >= 11 && is_upper(*inside.p);
}

static bool take_brackets(struct text *t, struct klog_prefix *prefix)
{
	const char *end = t->n && *t->p == '[' ? memchr(t->p, ']', t->n < 48 ? t->n : 48) : NULL;
	struct text inside;

	if (!end)
		return false;
	inside = (struct text){ t->p + 1, (size_t)(end - t->p) - 1 };
	if (parse_stamp(inside))
		prefix->has_time = true;
	else if (!parse_caller(inside, prefix) && !parse_clock(inside) &&
		 !(prefix->has_time && text_starts(inside, "pid:"))) /* "pid:1,cpu0,init" */
		return false;
	text_skip(t, inside.n + 2);
	/* Only one: more may be indentation. */
	if (t->n && *t->p == ' ')
		text_skip(t, 1);
	return true;
}

/* "kernel: ", BusyBox's "kern.err kernel: ", RFC 5424's "kernel - - - " */
static bool take_kernel(struct text *t)
{
	struct text at = *t;

	if (text_take(&at, "kern."))
		while (at.n && *at.p != ' ')
			text_skip(&at, 1);
	text_take(&at, " ");
	if (!text_take(&at, "kernel: ") && !text_take(&at, "kernel - - - "))
		return false;
	*t = at;
	return true;
}

/* Skips "host kernel: " after a time, if present. */
static void take_host(struct text *t)
{
	struct text at = *t;

	if (take_kernel(t))
		return;
	while (at.n && *at.p > ' ' && *at.p != '[')
		text_skip(&at, 1);
	if (at.p > t->p && text_take(&at, " ") && take_kernel(&at))
		*t = at;
}

/* 2023-11-22T20:34:01,123456+00:00, 2023/11/22 20:34:01, with "Wed " before and " UTC" after */
static bool take_date(struct text *t)
{
	struct text at = *t;

	if (at.n > 4 && is_upper(*at.p) && at.p[3] == ' ')
		text_skip(&at, 4);
	if (!all_of(at, "9999-99-99") && !all_of(at, "9999/99/99"))
		return false;
	text_skip(&at, 10);
	if (!text_take(&at, "T") && !text_take(&at, " "))
		return false;
	if (!all_of(at, "99:99:99"))
		return false;
	while (at.n && *at.p != ' ')
		text_skip(&at, 1);
	text_take(&at, " UTC");
	text_take(&at, " ");
	*t = at;
	take_host(t);
	return true;
}

/* "1700685241.123456 host kernel: " */
static bool take_unix_time(struct text *t)
{
	struct text at = *t, before;
	uint64_t n;

	if (!text_take_u64(&at, &n) || !text_take(&at, ".") || !text_take_u64(&at, &n) ||
	    !text_take(&at, " "))
		return false;
	before = at;
	take_host(&at);
	if (at.p == before.p)
		return false;
	*t = at;
	return true;
}

/* "Nov 22 20:34:01[.123456] host kernel: ", with the month in any language: "janv. 22 20:34:01" */
static bool take_syslog(struct text *t)
{
	const char *blank = t->n < 16 ? NULL : memchr(t->p, ' ', 8);
	struct text at = *t;

	if (!blank || !is_digit(blank[2]))
		return false;
	text_skip(&at, (size_t)(blank - t->p) + 3);
	if (!all_of(at, " 99:99:99"))
		return false;
	text_skip(&at, 1);
	while (at.n && *at.p != ' ')
		text_skip(&at, 1);
	text_take(&at, " ");
	*t = at;
	take_host(t);
	return true;
}

/* "kern  :warn  : " of dmesg -x */
static bool take_facility(struct text *t)
{
	if (t->n < 15 || !text_starts(*t, "kern  :") || t->p[13] != ':' || t->p[14] != ' ')
		return false;
	text_skip(t, 15);
	return true;
}

/* CR, NUL and "\x1b[...m" */
static bool take_junk(struct text *t)
{
	size_t i = 2;

	if (!t->n || (*t->p != '\r' && *t->p != '\0' && *t->p != '\x1b'))
		return false;
	if (*t->p != '\x1b' || t->n < 2 || t->p[1] != '[') {
		text_skip(t, 1);
		return true;
	}
	while (i < t->n && (is_digit(t->p[i]) || t->p[i] == ';' || t->p[i] == '?'))
		i++;
	text_skip(t, i + 1);
	return true;
}

static void trim_junk_end(struct text *t)
{
	for (;;) {
		while (t->n && (unsigned char)t->p[t->n - 1] <= ' ' && t->p[t->n - 1] != '\x1b')
			t->n--;
		if (t->n >= 3 && memcmp(t->p + t->n - 3, "\x1b[m", 3) == 0)
			t->n -= 3;
		else if (t->n >= 4 && memcmp(t->p + t->n - 4, "\x1b[0m", 4) == 0)
			t->n -= 4;
		else
			return;
	}
}

/* Vendors: " [2:  insmod: 4123]" after the time, "I[" in an interrupt */
static bool take_vendor(struct text *t, struct klog_prefix *prefix)
{
	struct text at = *t;

	if (!prefix->has_time || t->n < 4 || t->p[1] != '[' || !is_digit(t->p[2]) || t->p[3] != ':')
		return false;
	text_skip(&at, 1);
	if (!take_brackets(&at, prefix))
		return false;
	*t = at;
	return true;
}

/* syslogd's format on terminals: " kernel:" without text after it */
static bool take_wall(struct text *t)
{
	struct text at = *t;

	if (!text_take(&at, " kernel:"))
		return false;
	text_take(&at, " ");
	*t = at;
	return true;
}

static bool take_one(struct text *t, struct klog_prefix *prefix)
{
	char c = *t->p;

	if (c == '[')
		return take_brackets(t, prefix) && (take_host(t), true);
	if (c == '<')
		return take_priority(t);
	if (c == ' ' || c == 'I')
		return take_vendor(t, prefix) || take_wall(t);
	if (is_digit(c) && (take_date(t) || take_record_header(t, prefix) || take_unix_time(t)))
		return true;
	if (c == 'k' && (take_facility(t) || take_kernel(t)))
		return true;
	return take_syslog(t) || (is_upper(c) && take_date(t));
}

struct text klog_strip_prefix(struct text line, struct klog_prefix *prefix)
{
	struct klog_prefix none = { 0 };
	struct text t = line;

	if (!prefix)
		prefix = &none;
	*prefix = none;
	for (int i = 0; i < MAX_PREFIXES && t.n; i++) {
		while (take_junk(&t))
			;
		if (!t.n || !take_one(&t, prefix))
			break;
	}
	trim_junk_end(&t);
	return t;
}
