// SPDX-License-Identifier: GPL-2.0-only
/* Finds the row of the table that a line begins with: fast, since this runs for every line. */
#include "common/klog/internal.h"

#include "common/cleanup.h"

#define TASK_NAME_SIZE 16

/* Subsystems print their names before some headers. */
static const char *const subsystems[] = { "rcu: ",       "watchdog: ",  "NMI watchdog: ",
					  "workqueue: ", "hung_task: ", "kfence: ",
					  "slub: ",      "lockdep: ",   "traps: " };
#define SUBSYSTEM_INITIALS "rwNhkslt"

#define MAX_HEADER 512

/*
 * Rows indexed by the initials of the first two words of their text ("BUG: KASAN", "list_add
 * corruption"), those with one word by its first byte, each in order: a line is compared with
 * a few of them, and most lines with none.
 */
#define NO_ROW KLOG_MAX_ROWS

static struct {
	bool made;
	bool initial[256];
	uint8_t two_words[256], one_word[256], next[KLOG_MAX_ROWS], length[KLOG_MAX_ROWS];
} rows_by_word;

/* Limit of the search for the second word of a header. */
#define FIRST_WORD 32

static uint8_t *two_words_of(struct text t)
{
	const char *blank = memchr(t.p, ' ', t.n < FIRST_WORD ? t.n : FIRST_WORD);

	if (!blank || blank + 1 == t.p + t.n)
		return NULL;
	return &rows_by_word.two_words[((unsigned char)*t.p * 8 + (unsigned char)blank[1]) & 0xff];
}

static void make_index(void)
{
	memset(rows_by_word.two_words, NO_ROW, sizeof(rows_by_word.two_words));
	memset(rows_by_word.one_word, NO_ROW, sizeof(rows_by_word.one_word));
	for (size_t i = klog_n_rows; i-- > 0;) {
		struct text t = { klog_rows[i].text, strlen(klog_rows[i].text) };
		uint8_t *first = two_words_of(t);

		if (!first)
			first = &rows_by_word.one_word[(unsigned char)*t.p];
		rows_by_word.initial[(unsigned char)*t.p] = true;
		rows_by_word.length[i] = (uint8_t)t.n;
		rows_by_word.next[i] = *first;
		*first = (uint8_t)i;
	}
	rows_by_word.made = true;
}

/* The first match in a chain. */
static uint8_t find_in(uint8_t i, struct text t)
{
	for (; i != NO_ROW; i = rows_by_word.next[i]) {
		size_t n = rows_by_word.length[i];

		if (t.n < n || t.p[n - 1] != klog_rows[i].text[n - 1] ||
		    memcmp(t.p, klog_rows[i].text, n) != 0)
			continue;
		if (!klog_rows[i].with ||
		    text_find((struct text){ t.p + n, t.n - n }, klog_rows[i].with))
			break;
	}
	return i;
}

static const struct klog_row *find(struct text t)
{
	const uint8_t *two;
	uint8_t a, b;

	if (!rows_by_word.made)
		make_index();
	two = two_words_of(t);
	a = two ? find_in(*two, t) : NO_ROW;
	b = find_in(rows_by_word.one_word[(unsigned char)*t.p], t);
	a = a < b ? a : b;
	return a == NO_ROW ? NULL : &klog_rows[a];
}

/* Searches only near the start: the text before is a task's name. */
static const struct klog_row *find_after_task(struct text t)
{
	const char *end = t.p + (t.n < 3 * TASK_NAME_SIZE ? t.n : 3 * TASK_NAME_SIZE), *at = t.p;

	for (; (at = memchr(at, ':', (size_t)(end - at))) != NULL; at++) {
		size_t before = (size_t)(at - t.p), n = strlen(klog_row_oom_killer.text) - 2;
		struct text rest = { at, t.n - before };

		if (before > n && text_starts((struct text){ at - n, t.n - before + n },
					      klog_row_oom_killer.text))
			return &klog_row_oom_killer;
		for (size_t i = 0; i < klog_n_rows_after_task; i++)
			if (text_starts(rest, klog_rows_after_task[i].text))
				return &klog_rows_after_task[i];
	}
	return NULL;
}

bool klog_may_begin(struct text t)
{
	/* Initials without a row: banners, the lines that klog.c knows, subsystems. */
	static const char others[] = "LBR-8NCbsTSA" SUBSYSTEM_INITIALS;
	unsigned char c;

	if (t.n < KLOG_LEAST_LINE)
		return false;
	if (!rows_by_word.made)
		make_index();
	c = (unsigned char)*t.p;
	if (rows_by_word.initial[c] || (c && strchr(others, c)))
		return true;
	return memchr(t.p, ':', t.n < 3 * TASK_NAME_SIZE ? t.n : 3 * TASK_NAME_SIZE);
}

/* Skips an optional "watchdog: " or similar. */
static struct text skip_subsystem(struct text t)
{
	for (size_t i = 0; i < ARRAY_SIZE(subsystems); i++)
		if (*subsystems[i] == *t.p && text_take(&t, subsystems[i]))
			break;
	return t;
}

const struct klog_row *klog_find_row(struct text text)
{
	const struct klog_row *row;

	if (!text.n)
		return NULL;
	/* Headers are not longer than this; lines may be. */
	text.n = text.n < MAX_HEADER ? text.n : MAX_HEADER;
	row = find(text);
	if (!row && strchr(SUBSYSTEM_INITIALS, *text.p)) {
		struct text rest = skip_subsystem(text);

		row = rest.p > text.p && rest.n ? find(rest) : NULL;
	}
	return row ? row : find_after_task(text);
}
