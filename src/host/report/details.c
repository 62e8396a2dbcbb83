// SPDX-License-Identifier: GPL-2.0-only
/* The lines below a row of the verdict table. */
#include "common/cleanup.h"
#include "common/strv.h"
#include "host/report/out.h"
#include "host/report/out_table.h"

#include <string.h>

#define NAMES_SHOWN  10
#define OUTPUT_LINES 10

void table_add_label(struct table *t, const char *label)
{
	table_add_spaces(t, TABLE_INDENT);
	table_add_coloured(t, DIM, label);
	table_add_spaces(t, strlen(label) < TABLE_LABEL ? TABLE_LABEL - strlen(label) : 1);
}

void table_add_wrapped(struct table *t, size_t indent, const char *text)
{
	size_t room = t->columns > indent + 20 ? t->columns - indent : 20;

	while (strlen(text) > room) {
		size_t n = room;

		while (n && text[n] != ' ')
			n--;
		if (!n)
			n = strcspn(text, " ");
		strbuf_add(&t->text, text, n);
		text += n + (text[n] == ' ');
		if (!*text)
			break;
		strbuf_addch(&t->text, '\n');
		table_add_spaces(t, indent);
	}
	strbuf_adds(&t->text, text);
	strbuf_addch(&t->text, '\n');
}

void table_add_detail(struct table *t, const char *label, const char *text)
{
	_cleanup_(strbuf_release) struct strbuf line = STRBUF_INIT;

	table_clean_line(&line, text);
	table_add_label(t, label);
	table_add_wrapped(t, TABLE_INDENT + TABLE_LABEL, line.buf);
}

static void add_failed_tests(struct table *t, const struct result *r)
{
	size_t n = strv_length(r->ktap_failed);
	size_t shown = t->verbose || n <= NAMES_SHOWN ? n : NAMES_SHOWN - 1;

	for (size_t i = 0; i < shown; i++)
		table_add_detail(t, i ? "" : "not ok", r->ktap_failed[i]);
	if (shown < n) {
		table_add_label(t, "");
		strbuf_addf(&t->text, "and %zu more\n", n - shown);
	}
}

static void add_report(struct table *t, const struct result *r, size_t index)
{
	const struct klog_report *report = &r->reports[index];

	table_add_detail(t, "report",
			 *report->title ? report->title : klog_kind_name(report->kind));
	table_add_report(t, report, r->sources ? &r->sources[index] : NULL);
}

/* The start of the last `lines` lines of the text. */
static const char *last_lines(const char *text, size_t n, size_t lines)
{
	const char *p = text + n;

	while (p > text && (p[-1] != '\n' || --lines))
		p--;
	return p;
}

static void add_output(struct table *t, const char *output)
{
	size_t n = strlen(output);
	const char *line;

	while (n && output[n - 1] == '\n')
		n--;
	line = t->verbose ? output : last_lines(output, n, OUTPUT_LINES);
	for (const char *label = "output"; line < output + n; label = "") {
		const char *end = memchr(line, '\n', (size_t)(output + n - line));

		if (!end)
			end = output + n;
		table_add_label(t, label);
		strbuf_add_clean(&t->text, line, (size_t)(end - line));
		strbuf_addch(&t->text, '\n');
		line = end + 1;
	}
}

/* Times of build, check and other steps: only with -v. */
static void add_other_times(struct table *t, const struct result *r)
{
	static const enum timing others[] = { TIMING_BUILD, TIMING_CHECK, TIMING_DEPLOY,
					      TIMING_SETTLE };
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		if (r->timings_ms[others[i]] < 0)
			continue;
		strbuf_addf(&text, "%s%s ", text.len ? ", " : "", timing_name(others[i]));
		out_duration(&text, r->timings_ms[others[i]]);
	}
	if (text.len)
		table_add_detail(t, "times", text.buf);
}

static void add_summary(struct table *t, const struct result *r)
{
	_cleanup_free_ char *summary = result_summary(r);
	_cleanup_(strbuf_release) struct strbuf clean = STRBUF_INIT;

	if (!*summary)
		return;
	table_clean_line(&clean, summary);
	table_add_spaces(t, TABLE_INDENT);
	table_add_wrapped(t, TABLE_INDENT, clean.buf);
}

void table_add_details(struct table *t, const struct result *r)
{
	if (r->verdict == VERDICT_PASS && !t->verbose)
		return;
	add_summary(t, r);
	if (r->verdict == VERDICT_SKIP)
		return;
	add_failed_tests(t, r);
	for (size_t i = 0; i < r->n_reports; i++)
		add_report(t, r, i);
	if (r->output && *r->output)
		add_output(t, r->output);
	if (t->verbose)
		add_other_times(t, r);
	if (r->log)
		table_add_detail(t, "log", r->log);
}
