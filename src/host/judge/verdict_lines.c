// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel log of a window, put together from the records that the board
 * streamed and, where a crash cut them off, from what survived it.
 */
#include "host/judge/verdict_internal.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "host/judge/pstore.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define SAME_TIME   64      /* lines looked at for a double: as many as one microsecond may have */
#define CLOCK_SLACK 2000000 /* microseconds, where the difference of the clocks is not known */
#define DEATH_SLACK 5000000

/* `record`: NULL for what survived. */
static void add_line(struct judge *j, uint64_t time_us, struct text text,
		     const struct evidence_record *record)
{
	GROW(j->lines, j->n_lines);
	j->lines[j->n_lines] = (struct log_line){
		.time_us = time_us,
		.text = text,
		.marks = record ? record->marks : SIZE_MAX,
		.sequence = record ? record->sequence : 0,
		.order = j->n_lines,
		.survived = !record,
		.user = record && record->user,
	};
	j->n_lines++;
}

static void add_records(struct judge *j)
{
	const struct evidence *e = j->e;

	for (size_t i = 0; i < e->n_records; i++) {
		const struct evidence_record *record = &e->records[i];
		struct text rest = { e->text.buf + record->offset, record->length }, line;

		while (text_line(&rest, &line))
			add_line(j, record->time_us, line, record);
	}
}

/* The priority of a line that user space wrote has its facility, too; the kernel's is 0. */
#define PRIORITY_USER 8

/*
 * "<4>[   12.345678] text", as a dump keeps it; a console leaves out the
 * priority. `*user`: it says that user space wrote it.
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

/* Where the window begins, by the clock of the kernel log. */
static uint64_t window_start(const struct evidence *e, uint64_t death_us)
{
	uint64_t begin = e->begin_us;

	if (e->has_skew)
		return e->skew_us > 0 && begin < (uint64_t)e->skew_us
			       ? 0
			       : begin - (uint64_t)e->skew_us;
	begin = begin > CLOCK_SLACK ? begin - CLOCK_SLACK : 0;
	if (death_us < begin) /* the clocks are further apart than that */
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
	_cleanup_free_ struct pstore_file *files = xcalloc(e->n_survivors, sizeof(*files));

	for (size_t i = 0; i < e->n_survivors; i++)
		files[i] = (struct pstore_file){
			.name = e->survivors[i].name,
			.data = e->survived.buf + e->survivors[i].offset,
			.size = e->survivors[i].length,
		};
	pstore_text(files, e->n_survivors, &j->survived);
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
 * A kernel that prints no times (printk.time=0): what follows the last record
 * that was read. Without one of those in it, all of it.
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
		add_line(j, time_us, klog_strip_prefix(line, &prefix), NULL);
}

/*
 * What survived reaches back to the board's start: only what is of the window
 * counts. A line without a time belongs to the one before it.
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
			add_line(j, time_us, klog_strip_prefix(line, &prefix), NULL);
	}
}

static int by_time(const void *va, const void *vb)
{
	const struct log_line *a = va, *b = vb;

	if (a->time_us != b->time_us)
		return a->time_us < b->time_us ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

/* Has a record, or an earlier copy of the log, this line already? */
static bool is_double(const struct log_line *lines, size_t n, const struct log_line *line)
{
	for (size_t i = n; i-- > 0 && n - i <= SAME_TIME && lines[i].time_us == line->time_us;)
		if (same_text(lines[i].text, line->text))
			return true;
	return false;
}

/*
 * The records are the beginning of the log that survived; and of that there
 * are several copies: the console's, one for each oops and panic, in parts of
 * which the last comes first. Their times bring them together.
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

/* Whoever may write to /dev/kmsg may say anything. They were there only to be known again in a
 * console's log, which does not say whose a line is. */
static void drop_users(struct judge *j)
{
	size_t kept = 0;

	for (size_t i = 0; i < j->n_lines; i++)
		if (!j->lines[i].user)
			j->lines[kept++] = j->lines[i];
	j->n_lines = kept;
}

outpost_Step last_step(const struct evidence *e)
{
	return e->n_marks ? e->marks[e->n_marks - 1].step : outpost_Step_PREPARE;
}

outpost_Step step_of_line(const struct judge *j, size_t line)
{
	const struct evidence *e = j->e;
	size_t marks = e->n_marks;

	if (line < j->n_lines) {
		const struct log_line *l = &j->lines[line];

		if (l->marks < marks)
			marks = l->marks;
		while (marks > 1 && e->has_skew &&
		       e->marks[marks - 1].time_us > l->time_us + (uint64_t)e->skew_us)
			marks--;
	}
	return marks ? e->marks[marks - 1].step : outpost_Step_PREPARE;
}

/* Without the mechanism of settling, the window ends with the unload. */
static void cut_after_unload(struct judge *j)
{
	size_t kept = 0;

	for (size_t i = 0; i < j->n_lines; i++) {
		outpost_Step step = step_of_line(j, i);

		if (step != outpost_Step_SETTLE && step != outpost_Step_RESTORE)
			j->lines[kept++] = j->lines[i];
	}
	j->n_lines = kept;
}

/*
 * What the module needs speaks while it is loaded, before the window, and
 * while it is unloaded, after it: a test result there is not this module's.
 */
static void mark_outside(struct judge *j)
{
	const struct evidence *e = j->e;

	for (size_t i = 0; i < j->n_lines; i++) {
		struct log_line *l = &j->lines[i];
		outpost_Step step = step_of_line(j, i);

		if (l->survived || !e->has_before)
			l->outside = step == outpost_Step_PREPARE || step == outpost_Step_RESTORE;
		else
			l->outside = l->sequence < e->before.next_sequence ||
				     (e->has_after && l->sequence >= e->after.next_sequence);
	}
}

static void put_together(struct judge *j)
{
	add_records(j);
	if (j->e->n_survivors) {
		read_survivors(j);
		add_survivors(j);
		merge_survivors(j);
	}
	drop_users(j);
	mark_outside(j);
}

void judge_read_lines(struct judge *j)
{
	put_together(j);
	if (!judge_has(j, MECHANISM_SETTLE))
		cut_after_unload(j);
}

void verdict_log(const struct evidence *ev, struct strbuf *out)
{
	struct judge j = { .e = ev, .survived = STRBUF_INIT };

	put_together(&j);
	for (size_t i = 0; i < j.n_lines; i++) {
		const struct log_line *l = &j.lines[i];

		strbuf_addf(out, "[%5" PRIu64 ".%06" PRIu64 "] ", l->time_us / 1000000,
			    l->time_us % 1000000);
		strbuf_add(out, l->text.p, l->text.n);
		strbuf_addch(out, '\n');
	}
	judge_release(&j);
}
