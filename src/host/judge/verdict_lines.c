// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel log of a window: the records that the board streamed and, if a crash cut them
 * off, what survived it (verdict_survivors.c).
 */
#include "host/judge/verdict_internal.h"

#include "common/alloc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void judge_add_line(struct judge *j, uint64_t time_us, struct text text,
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

	for (size_t i = 0; i < e->log.n_records; i++) {
		const struct evidence_record *record = &e->log.records[i];
		struct text rest = { e->log.text.buf + record->offset, record->length }, line;

		while (text_line(&rest, &line))
			judge_add_line(j, record->time_us, line, record);
	}
}

/*
 * Drops lines from user space: a process that can write to /dev/kmsg can write anything. They
 * are needed only to recognise them in a console's log, which does not show who wrote a line.
 */
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
	return e->trial.n_marks ? e->trial.marks[e->trial.n_marks - 1].step : outpost_Step_PREPARE;
}

outpost_Step step_of_line(const struct judge *j, size_t line)
{
	const struct evidence *e = j->e;
	size_t marks = e->trial.n_marks;

	if (line < j->n_lines) {
		const struct log_line *l = &j->lines[line];

		if (l->marks < marks)
			marks = l->marks;
		while (marks > 1 && e->board.has_skew &&
		       e->trial.marks[marks - 1].time_us > l->time_us + (uint64_t)e->board.skew_us)
			marks--;
	}
	return marks ? e->trial.marks[marks - 1].step : outpost_Step_PREPARE;
}

/* Without the settle mechanism, the window ends with the unload. */
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
 * The modules that this one needs log messages while they are loaded, before the window, and
 * while they are unloaded, after it: a test result there does not belong to this module.
 */
static void mark_outside(struct judge *j)
{
	const struct evidence *e = j->e;

	for (size_t i = 0; i < j->n_lines; i++) {
		struct log_line *l = &j->lines[i];
		outpost_Step step = step_of_line(j, i);

		if (l->survived || !e->trial.has_before)
			l->outside = step == outpost_Step_PREPARE || step == outpost_Step_RESTORE;
		else
			l->outside =
				l->sequence < e->trial.before.next_sequence ||
				(e->trial.has_after && l->sequence >= e->trial.after.next_sequence);
	}
}

static void put_together(struct judge *j)
{
	add_records(j);
	if (j->e->survivors.n)
		judge_add_survivors(j);
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
