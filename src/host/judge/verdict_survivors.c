// SPDX-License-Identifier: GPL-2.0-only
/*
 * Merges the part of a window's kernel log that survived a crash with the records that were
 * read before it.
 */
#include "host/judge/verdict_internal.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "host/judge/pstore.h"

#include <stdlib.h>
#include <string.h>

#define SAME_TIME   64      /* lines to compare with: as many as one microsecond may have */
#define CLOCK_SLACK 2000000 /* microseconds, if the difference between the clocks is not known */
#define DEATH_SLACK 5000000

/* The priority of a line from user space includes a facility; the kernel's facility is 0. */
#define PRIORITY_USER 8

/*
 * "<4>[   12.345678] text", as in a dump; a console omits the priority. `*user`: written by
 * user space.
 */
static bool take_time(struct text line, uint64_t *time_us, bool *user)
{
	uint64_t priority = 0, seconds, us;

	if (text_take(&line, "<") && (!text_take_u64(&line, &priority) || !text_take(&line, ">")))
		return false;
	*user = priority >= PRIORITY_USER;
	if (!text_take(&line, "["))
		return false;
	text_skip_blanks(&line);
	if (!text_take_u64(&line, &seconds) || seconds > UINT32_MAX || !text_take(&line, ".") ||
	    !text_take_u64(&line, &us) || us > 999999 || !text_take(&line, "]"))
		return false;
	*time_us = seconds * 1000000 + us;
	return true;
}

/* The start of the window, by the clock of the kernel log. */
static uint64_t window_start(const struct evidence *e, uint64_t death_us)
{
	uint64_t begin = e->begin_us;

	if (e->board.has_skew)
		return e->board.skew_us > 0 && begin < (uint64_t)e->board.skew_us
			       ? 0
			       : begin - (uint64_t)e->board.skew_us;
	begin = begin > CLOCK_SLACK ? begin - CLOCK_SLACK : 0;
	if (death_us < begin) /* the difference between the clocks is larger */
		return death_us > DEATH_SLACK ? death_us - DEATH_SLACK : 0;
	return begin;
}

static bool same_text(struct text a, struct text b)
{
	text_trim_end(&a);
	text_trim_end(&b);
	return a.n == b.n && memcmp(a.p, b.p, a.n) == 0;
}

static void read_survivors(struct judge *j)
{
	const struct evidence *e = j->e;
	_cleanup_free_ struct pstore_file *files = xcalloc(e->survivors.n, sizeof(*files));

	for (size_t i = 0; i < e->survivors.n; i++)
		files[i] = (struct pstore_file){
			.name = e->survivors.files[i].name,
			.data = e->survivors.data.buf + e->survivors.files[i].offset,
			.size = e->survivors.files[i].length,
		};
	pstore_text(files, e->survivors.n, &j->survived);
}

static uint64_t last_time(struct text rest)
{
	struct text line;
	uint64_t time_us, last = 0;
	bool user;

	while (text_line(&rest, &line))
		if (take_time(line, &time_us, &user) && time_us > last)
			last = time_us;
	return last;
}

/*
 * The kernel prints no times (printk.time=0): adds what follows the last record that was read,
 * or everything if that record is not in it.
 */
static void add_timeless(struct judge *j, struct text all)
{
	const struct log_line *last = j->n_lines ? &j->lines[j->n_lines - 1] : NULL;
	uint64_t time_us = last ? last->time_us + 1 : 0;
	struct text rest = all, line, wanted = last ? last->text : all;
	struct klog_prefix prefix;

	while (last && text_line(&rest, &line))
		if (same_text(klog_strip_prefix(line, &prefix), wanted))
			all = rest;
	while (text_line(&all, &line))
		judge_add_line(j, time_us, klog_strip_prefix(line, &prefix), NULL);
}

/*
 * What survived starts with the boot: adds only what belongs to the window. A line without a
 * time belongs to the one before it.
 */
static void add_survivors(struct judge *j)
{
	struct text all = { j->survived.buf, j->survived.len }, rest = all, line;
	uint64_t last = last_time(all), start = window_start(j->e, last), time_us = 0;
	bool user = false;

	if (!last) {
		add_timeless(j, all);
		return;
	}
	while (text_line(&rest, &line)) {
		struct klog_prefix prefix;

		take_time(line, &time_us, &user);
		if (!user && time_us >= start)
			judge_add_line(j, time_us, klog_strip_prefix(line, &prefix), NULL);
	}
}

static int by_time(const void *va, const void *vb)
{
	const struct log_line *a = va, *b = vb;

	if (a->time_us != b->time_us)
		return a->time_us < b->time_us ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

/* Is the line already in a record or an earlier copy of the log? */
static bool is_double(const struct log_line *lines, size_t n, const struct log_line *line)
{
	for (size_t i = n; i-- > 0 && n - i <= SAME_TIME && lines[i].time_us == line->time_us;)
		if (same_text(lines[i].text, line->text))
			return true;
	return false;
}

/*
 * The records are the beginning of the log that survived. There are several copies of the log:
 * the console's and one for each oops and panic, in parts of which the last comes first.
 * Sorting by time merges them.
 */
static void merge_survivors(struct judge *j)
{
	size_t kept = 0;

	qsort(j->lines, j->n_lines, sizeof(*j->lines), by_time);
	for (size_t i = 0; i < j->n_lines; i++)
		if (!j->lines[i].survived || !is_double(j->lines, kept, &j->lines[i]))
			j->lines[kept++] = j->lines[i];
	j->n_lines = kept;
}

void judge_add_survivors(struct judge *j)
{
	read_survivors(j);
	add_survivors(j);
	merge_survivors(j);
}
