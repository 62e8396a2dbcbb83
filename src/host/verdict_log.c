// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel log of a window, put together from the records that the board
 * streamed and, where a crash cut them off, from what survived it; and what is
 * found in it.
 */
#include "host/verdict_internal.h"

#include "common/alloc.h"
#include "common/cleanup.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPORTS_MAX 64
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
	};
	j->n_lines++;
}

static bool next_line(struct text *rest, struct text *line)
{
	const char *end;

	if (!rest->n)
		return false;
	end = memchr(rest->p, '\n', rest->n);
	line->p = rest->p;
	line->n = end ? (size_t)(end - rest->p) : rest->n;
	text_skip(rest, line->n + 1);
	return true;
}

static void add_records(struct judge *j)
{
	const struct evidence *e = j->e;

	for (size_t i = 0; i < e->n_records; i++) {
		const struct evidence_record *record = &e->records[i];
		struct text rest = { e->text.buf + record->offset, record->length }, line;

		if (record->user) /* whoever may write there may say anything */
			continue;
		while (next_line(&rest, &line))
			add_line(j, record->time_us, line, record);
	}
}

/* "<4>[   12.345678] text", as ramoops and a serial console keep it. */
static bool take_time(struct text line, uint64_t *time_us)
{
	uint64_t seconds, us;

	if (text_take(&line, "<")) {
		if (!text_take_u64(&line, &us) || !text_take(&line, ">"))
			return false;
	}
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

static uint64_t last_time(struct text rest)
{
	struct text line;
	uint64_t time_us, last = 0;

	while (next_line(&rest, &line))
		if (take_time(line, &time_us) && time_us > last)
			last = time_us;
	return last;
}

/* What survived reaches back to the board's start: only what is of the window counts. */
static void add_survivors(struct judge *j)
{
	struct text all = { j->e->survivors.buf, j->e->survivors.len };
	struct text rest = all, line;
	uint64_t start = window_start(j->e, last_time(all)), time_us;

	while (next_line(&rest, &line)) {
		struct klog_prefix prefix;

		if (!take_time(line, &time_us) || time_us < start)
			continue;
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

static bool same_text(struct text a, struct text b)
{
	text_trim_end(&a);
	text_trim_end(&b);
	return a.n == b.n && memcmp(a.p, b.p, a.n) == 0;
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

const char *phase_name(outpost_Step step)
{
	switch (step) {
	case outpost_Step_TESTING: return "test";
	case outpost_Step_UNLOADING: return "unload";
	case outpost_Step_SETTLE:
	case outpost_Step_RESTORE: return "settle";
	default: return "load";
	}
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

static void on_report(const struct klog_report *report, void *arg)
{
	struct judge *j = arg;

	/* Which boot it is comes from better witnesses than a banner in the log. */
	if (report->kind == KLOG_REBOOT || report->kind == KLOG_NONE)
		return;
	/* Of very many the last is the one that may have killed the board. */
	if (j->n_reports == REPORTS_MAX) {
		if (report->fatal && !j->reports[REPORTS_MAX - 1].fatal)
			j->reports[REPORTS_MAX - 1] = *report;
		return;
	}
	GROW(j->reports, j->n_reports);
	j->reports[j->n_reports++] = *report;
}

static bool contains(struct text text, const char *before, const char *name, const char *after)
{
	size_t n = strlen(before), m = strlen(name);
	struct text rest = text;

	while (text_after(rest, before, &rest)) {
		if (rest.n > m && memcmp(rest.p, name, m) == 0 && strchr(after, rest.p[m]))
			return true;
		if (!n)
			return false;
	}
	return false;
}

/* Done by the process that loads or tests, as "Comm: name" or "[name:123]" or "task name:123" say?
 */
static bool names_task(struct text line, const char *comm)
{
	return contains(line, "Comm: ", comm, " ") || contains(line, "[", comm, ":") ||
	       contains(line, "task ", comm, ":");
}

/* The agent runs a test program from a file that is named by its hash; the kernel cuts that at
 * TASK_COMM_LEN. */
static void test_comm(const struct evidence *e, char comm[16])
{
	size_t n = e->plan.program.size < 8 ? e->plan.program.size : 8;
	char hex[17] = "";

	for (size_t i = 0; i < n; i++)
		snprintf(hex + 2 * i, 3, "%02x", e->plan.program.bytes[i]);
	memcpy(comm, hex, 15);
	comm[15] = '\0';
}

static bool line_is_ours(const struct evidence *e, struct text line)
{
	char comm[16];

	/* Lists every module there is, and "[last unloaded: name]". */
	if (text_find(line, "Modules linked in:"))
		return false;
	if (contains(line, "[", e->plan.name, "] ") || names_task(line, "outpost-agent"))
		return true;
	test_comm(e, comm);
	return *comm && names_task(line, comm);
}

/*
 * A report concerns the module when its function or a frame is in it, or when
 * the task that loads, tests or unloads it ran into it. Its own summary of the
 * trace is looked at first; what that had no room for stands in the lines.
 */
static bool report_is_ours(const struct judge *j, const struct klog_report *report)
{
	const char *name = j->e->plan.name;

	if (strcmp(report->module, name) == 0)
		return true;
	for (size_t i = 0; i < report->n; i++)
		if (strcmp(report->trace[i].module, name) == 0)
			return true;
	for (uint64_t i = report->start; i <= report->end && i < j->n_lines; i++)
		if (!j->lines[i].outside && line_is_ours(j->e, j->lines[i].text))
			return true;
	return false;
}

static void read_reports(struct judge *j)
{
	struct klog *klog = xcalloc(1, sizeof(*klog));

	klog_init(klog, on_report, j);
	for (size_t i = 0; i < j->n_lines; i++)
		klog_feed(klog, j->lines[i].text.p, j->lines[i].text.n, i);
	klog_flush(klog);
	free(klog);
	j->ours = xcalloc(j->n_reports + 1, sizeof(*j->ours));
	for (size_t i = 0; i < j->n_reports; i++)
		j->ours[i] = !judge_has(j, MECHANISM_OWNER) || report_is_ours(j, &j->reports[i]);
}

static void read_ktap(struct judge *j)
{
	struct text rest = { j->e->output.buf, j->e->output.len }, line;

	ktap_init(&j->log, KTAP_KERNEL_LOG);
	for (size_t i = 0; i < j->n_lines; i++)
		if (!j->lines[i].outside)
			ktap_feed(&j->log, j->lines[i].text.p, j->lines[i].text.n);
	ktap_finish(&j->log);
	ktap_init(&j->output, KTAP_STDOUT);
	while (next_line(&rest, &line))
		ktap_feed(&j->output, line.p, line.n);
	ktap_finish(&j->output);
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

static void read_lines(struct judge *j)
{
	add_records(j);
	if (j->e->survivors.len) {
		add_survivors(j);
		merge_survivors(j);
	}
	mark_outside(j);
}

void judge_read_log(struct judge *j)
{
	read_lines(j);
	if (!judge_has(j, MECHANISM_SETTLE))
		cut_after_unload(j);
	if (judge_has(j, MECHANISM_REPORT))
		read_reports(j);
	read_ktap(j);
}

void verdict_log(const struct evidence *ev, struct strbuf *out)
{
	struct judge j = { .e = ev };

	read_lines(&j);
	for (size_t i = 0; i < j.n_lines; i++) {
		const struct log_line *l = &j.lines[i];

		strbuf_addf(out, "[%5" PRIu64 ".%06" PRIu64 "] ", l->time_us / 1000000,
			    l->time_us % 1000000);
		strbuf_add(out, l->text.p, l->text.n);
		strbuf_addch(out, '\n');
	}
	judge_release(&j);
}

void judge_release(struct judge *j)
{
	free(j->lines);
	free(j->reports);
	free(j->ours);
}
