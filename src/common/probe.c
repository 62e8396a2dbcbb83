// SPDX-License-Identifier: GPL-2.0-only
#include "common/probe.h"

#include "common/cleanup.h"
#include "common/strbuf.h"
#include "common/text.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#define MAGIC "outpost-probe "

static const char *const words[] = {
	[PROBE_CAUSE_NONE] = "",
	[PROBE_CAUSE_START] = "start",
	[PROBE_CAUSE_CLOSED] = "closed",
	[PROBE_CAUSE_SILENT] = "silent",
	[PROBE_CAUSE_PATH] = "path",
	[PROBE_CAUSE_RESOLVE] = "resolve",
	[PROBE_CAUSE_UNREACHABLE] = "unreachable",
	[PROBE_CAUSE_TIMEOUT] = "timeout",
	[PROBE_CAUSE_REFUSED] = "refused",
	[PROBE_CAUSE_DENIED] = "denied",
	[PROBE_CAUSE_HOSTKEY] = "hostkey",
	[PROBE_CAUSE_FORWARD] = "forward",
	[PROBE_CAUSE_CARRIER] = "carrier",
	[PROBE_CAUSE_OTHER] = "other",
};

_Static_assert(ARRAY_SIZE(words) == PROBE_CAUSE_COUNT, "a word for each cause");

const char *probe_cause_word(enum probe_cause cause)
{
	return cause < PROBE_CAUSE_COUNT ? words[cause] : words[PROBE_CAUSE_OTHER];
}

enum probe_cause probe_cause_find(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(words[i], word) == 0)
			return (enum probe_cause)i;
	return PROBE_CAUSE_OTHER;
}

/* As much of the text as fits: not a part of an escape or of a character. */
static size_t whole_part(const char *text, size_t max)
{
	size_t n = strlen(text);

	if (n <= max)
		return n;
	for (n = max; n && ((unsigned char)text[n] & 0xc0) == 0x80;)
		n--;
	for (size_t back = 1; back <= 3 && back <= n; back++)
		if (text[n - back] == '\\')
			return n - back;
	return n;
}

size_t probe_hello_format(const struct probe_hello *hello, char line[PROBE_HELLO_MAX])
{
	char whole[PROBE_HELLO_MAX + 1];
	int n = snprintf(whole, sizeof(whole),
			 MAGIC "%d boot=%s up_ms=%" PRIu64 " connects=%" PRIu64 " ping_ms=%" PRIu32
			       " outage_ms=%" PRIu64 " cause=%s failures=%" PRIu32
			       " last=%s text=%.*s\n",
			 PROBE_VERSION, hello->boot_id, hello->up_ms, hello->connects,
			 hello->ping_ms, hello->outage_ms, probe_cause_word(hello->cause),
			 hello->failures, probe_cause_word(hello->last),
			 (int)whole_part(hello->text, PROBE_TEXT_MAX - 1), hello->text);

	memcpy(line, whole, (size_t)n);
	return (size_t)n;
}

/* The longest line that probe_hello_format() writes: its words, and numbers of 20 and 10 digits. */
_Static_assert(sizeof(MAGIC "1 boot= up_ms= connects= ping_ms= outage_ms= cause= failures= last= "
			    "text=\n") +
			       36 + 3 * 20 + 2 * 10 + 2 * 11 + PROBE_TEXT_MAX <=
		       PROBE_HELLO_MAX,
	       "every hello fits");

/* --- reading --- */

/* The longest value of a word: a boot_id. */
#define VALUE_MAX 37

static int take_number(const char *value, uint64_t max, uint64_t *number)
{
	uint64_t n = 0;

	for (const char *p = value; *p; p++) {
		uint64_t digit = (uint64_t)(*p - '0');

		if (!isdigit((unsigned char)*p) || n > (max - digit) / 10)
			return -EBADMSG;
		n = n * 10 + digit;
	}
	*number = n;
	return *value ? 0 : -EBADMSG;
}

static int take_small(const char *value, uint32_t *number)
{
	uint64_t n = 0;
	int r = take_number(value, UINT32_MAX, &n);

	*number = (uint32_t)n;
	return r;
}

static int take_cause(const char *value, enum probe_cause *cause)
{
	for (const char *p = value; *p; p++)
		if (!islower((unsigned char)*p))
			return -EBADMSG;
	*cause = probe_cause_find(value);
	return 0;
}

static int take_boot_id(const char *value, char *boot_id)
{
	for (const char *p = value; *p; p++)
		if (!isxdigit((unsigned char)*p) && *p != '-')
			return -EBADMSG;
	strcpy(boot_id, value); /* its size is VALUE_MAX */
	return 0;
}

static int take_word(const char *name, const char *value, struct probe_hello *h)
{
	if (strcmp(name, "boot") == 0)
		return take_boot_id(value, h->boot_id);
	if (strcmp(name, "up_ms") == 0)
		return take_number(value, UINT64_MAX, &h->up_ms);
	if (strcmp(name, "connects") == 0)
		return take_number(value, UINT64_MAX, &h->connects);
	if (strcmp(name, "ping_ms") == 0)
		return take_small(value, &h->ping_ms);
	if (strcmp(name, "outage_ms") == 0)
		return take_number(value, UINT64_MAX, &h->outage_ms);
	if (strcmp(name, "cause") == 0)
		return take_cause(value, &h->cause);
	if (strcmp(name, "failures") == 0)
		return take_small(value, &h->failures);
	if (strcmp(name, "last") == 0)
		return take_cause(value, &h->last);
	return 0;
}

static void take_text(struct text rest, char text[PROBE_TEXT_MAX])
{
	_cleanup_(strbuf_release) struct strbuf clean = STRBUF_INIT;
	size_t n;

	strbuf_add_clean(&clean, rest.p, rest.n);
	n = whole_part(clean.buf, PROBE_TEXT_MAX - 1);
	memcpy(text, clean.buf, n);
	text[n] = '\0';
}

/* Splits "name=value" at the start of `rest`, and removes it. */
static int next_word(struct text *rest, char name[VALUE_MAX], char value[VALUE_MAX])
{
	size_t n = 0, equals;

	while (n < rest->n && rest->p[n] != ' ')
		n++;
	for (equals = 0; equals < n && rest->p[equals] != '=';)
		equals++;
	if (equals == 0 || equals == n || equals >= VALUE_MAX || n - equals > VALUE_MAX ||
	    memchr(rest->p, '\0', n))
		return -EBADMSG;
	memcpy(name, rest->p, equals);
	name[equals] = '\0';
	memcpy(value, rest->p + equals + 1, n - equals - 1);
	value[n - equals - 1] = '\0';
	text_skip(rest, n);
	return 0;
}

static int parse(struct text rest, struct probe_hello *h)
{
	char name[VALUE_MAX], value[VALUE_MAX];
	int r = 0;

	if (!text_take(&rest, MAGIC))
		return -EBADMSG;
	if (!text_take(&rest, "1") || (rest.n && *rest.p != ' '))
		return rest.n && isdigit((unsigned char)*rest.p) ? -EPROTONOSUPPORT : -EBADMSG;
	for (text_skip_blanks(&rest); r == 0 && rest.n; text_skip_blanks(&rest)) {
		if (text_take(&rest, "text=")) {
			take_text(rest, h->text);
			return 0;
		}
		r = next_word(&rest, name, value);
		if (r == 0)
			r = take_word(name, value, h);
	}
	return r;
}

int probe_hello_parse(const char *line, size_t n, struct probe_hello *hello)
{
	struct text rest = { line, n };
	int r = -EBADMSG;

	*hello = (struct probe_hello){ .cause = PROBE_CAUSE_NONE };
	if (n > PROBE_HELLO_MAX)
		return r;
	if (n && line[n - 1] == '\n')
		rest.n--;
	if (!memchr(rest.p, '\n', rest.n))
		r = parse(rest, hello);
	if (r < 0)
		*hello = (struct probe_hello){ .cause = PROBE_CAUSE_NONE };
	return r;
}
