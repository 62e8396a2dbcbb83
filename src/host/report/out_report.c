// SPDX-License-Identifier: GPL-2.0-only
/* Displays a kernel report: the source lines around the fault, and the stack. */
#include "common/cleanup.h"
#include "common/strv.h"
#include "host/report/out.h"
#include "host/report/out_table.h"

#include <string.h>

#define FRAMES_SHOWN 6 /* plus all frames down to the last one in a module */
#define TAB          8

/* --- source lines ------------------------------------------------------------------- */

/*
 * Adds as much of a line as fits into `columns`; tabs become blanks, with a tab stop every TAB
 * columns.
 */
static void add_code(struct table *t, const char *line, size_t columns)
{
	_cleanup_(strbuf_release) struct strbuf clean = STRBUF_INIT;

	strbuf_add_clean(&clean, line, strlen(line));
	for (size_t i = 0, column = 0; i < clean.len && column < columns;) {
		size_t n = utf8_length((const unsigned char *)clean.buf + i, clean.len - i);

		if (clean.buf[i] == '\t') {
			size_t blanks = TAB - column % TAB;

			table_add_spaces(t, column + blanks > columns ? columns - column : blanks);
			column += blanks;
			i++;
			continue;
		}
		strbuf_add(&t->text, clean.buf + i, n ? n : 1);
		i += n ? n : 1;
		column++;
	}
	while (t->text.len && t->text.buf[t->text.len - 1] == ' ')
		t->text.buf[--t->text.len] = '\0';
}

static int digits(int number)
{
	return snprintf(NULL, 0, "%d", number);
}

/* "> 10 |  code", in the style of compilers. */
static void add_lines(struct table *t, size_t indent, const struct report_source *source)
{
	int last = source->first + (int)strv_length(source->lines) - 1;
	size_t gutter = (size_t)digits(last) + 5, columns = t->columns;

	columns = columns > indent + gutter + 20 ? columns - indent - gutter : 20;
	for (int number = source->first; number <= last; number++) {
		bool here = number == source->at.line;
		char text[32];

		table_add_spaces(t, indent);
		snprintf(text, sizeof(text), "%s%*d |", here ? "> " : "  ", digits(last), number);
		table_add_coloured(t, here ? BOLD_RED : DIM, text);
		strbuf_addch(&t->text, ' ');
		if (here && t->colour)
			strbuf_adds(&t->text, "\033[" BOLD "m");
		add_code(t, source->lines[number - source->first], columns);
		if (here && t->colour)
			strbuf_adds(&t->text, "\033[0m");
		strbuf_addch(&t->text, '\n');
	}
}

/* --- the stack ------------------------------------------------------------------------ */

/* Omits the folder if it is that of `near`. */
static void format_file(struct strbuf *out, const struct site *site, const char *near)
{
	_cleanup_(strbuf_release) struct strbuf file = STRBUF_INIT;
	const char *slash = near ? strrchr(near, '/') : NULL;
	size_t n = slash ? (size_t)(slash - near) + 1 : 0;

	if (!site->file)
		return;
	if (strncmp(site->file, near ? near : "", n) != 0 || strchr(site->file + n, '/'))
		n = 0;
	table_clean_line(&file, site->file + n);
	strbuf_adds(out, file.buf);
	if (site->line)
		strbuf_addf(out, ":%d", site->line);
}

/* Adds a function and its place, which moves to the next line if both do not fit on one. */
static void add_stack_line(struct table *t, size_t indent, const char *colour, const char *what,
			   const char *where)
{
	size_t n = strlen(what);

	if (colour)
		table_add_coloured(t, colour, what);
	else
		strbuf_adds(&t->text, what);
	if (*where) {
		if (indent + n + 2 + strlen(where) > t->columns) {
			strbuf_addch(&t->text, '\n');
			table_add_spaces(t, indent + 4);
		} else {
			strbuf_adds(&t->text, "  ");
		}
		strbuf_adds(&t->text, where);
	}
	strbuf_addch(&t->text, '\n');
}

static void add_inlined(struct table *t, size_t indent, const struct klog_frame *frame,
			const struct site *site, const char *near)
{
	_cleanup_(strbuf_release) struct strbuf what = STRBUF_INIT, where = STRBUF_INIT;

	table_clean_line(&what, site->function);
	strbuf_adds(&what, " (inlined)");
	format_file(&where, site, near);
	add_stack_line(t, indent, *frame->module ? NULL : DIM, what.buf, where.buf);
}

static void add_frame(struct table *t, size_t indent, const struct klog_frame *frame,
		      const struct frame_source *source, const char *near)
{
	_cleanup_(strbuf_release) struct strbuf what = STRBUF_INIT, where = STRBUF_INIT;

	for (size_t i = 0; source && i + 1 < source->n; i++) {
		add_inlined(t, indent, frame, &source->sites[i], near);
		table_add_spaces(t, indent);
	}
	table_clean_line(&what, frame->function);
	strbuf_addf(&what, "+0x%x", frame->offset);
	if (*frame->module) {
		strbuf_adds(&what, " [");
		table_clean_line(&what, frame->module);
		strbuf_adds(&what, "]");
	}
	if (source && source->n)
		format_file(&where, &source->sites[source->n - 1], near);
	else if (source && source->why)
		strbuf_addf(&where, "(%s)", source->why);
	add_stack_line(t, indent, *frame->module ? BOLD : DIM, what.buf, where.buf);
}

static size_t frames_shown(const struct table *t, const struct klog_report *report)
{
	size_t n = FRAMES_SHOWN;

	for (size_t i = 0; i < report->n; i++)
		if (*report->trace[i].module && i + 2 > n)
			n = i + 2;
	return t->verbose || n + 1 >= report->n ? report->n : n;
}

static void add_stack(struct table *t, size_t indent, const struct klog_report *report,
		      const struct report_source *source)
{
	size_t n = frames_shown(t, report);

	for (size_t i = 0; i < n; i++) {
		table_add_label(t, i ? "" : "stack");
		add_frame(t, indent, &report->trace[i], source ? &source->frames[i] : NULL,
			  source ? source->at.file : NULL);
	}
	if (n == report->n && !report->truncated)
		return;
	table_add_label(t, "");
	if (n < report->n)
		strbuf_addf(&t->text, "and %zu more\n", report->n - n);
	else
		strbuf_adds(&t->text, "and more in the log\n");
}

/* --- all of it ------------------------------------------------------------------------ */

static void add_place(struct table *t, size_t indent, const struct report_source *source)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;

	table_add_label(t, "at");
	format_file(&text, &source->at, NULL);
	strbuf_adds(&text, " in ");
	table_clean_line(&text, source->at.function);
	table_add_wrapped(t, indent, text.buf);
	if (source->lines)
		add_lines(t, indent, source);
	if (!source->note)
		return;
	table_add_spaces(t, indent);
	strbuf_addf(&t->text, "(%s)\n", source->note);
}

void table_add_report(struct table *t, const struct klog_report *report,
		      const struct report_source *source)
{
	const size_t indent = TABLE_INDENT + TABLE_LABEL;

	if (source && source->at.file)
		add_place(t, indent, source);
	else if (!report->n && *report->function)
		table_add_detail(t, "at", report->function);
	add_stack(t, indent, report, source);
	for (size_t i = 0; t->verbose && source && source->registers && source->registers[i]; i++)
		table_add_detail(t, i ? "" : "cpu", source->registers[i]);
}

void out_report(FILE *stream, const struct klog_report *report, const struct report_source *source,
		bool verbose)
{
	struct table t = { .text = STRBUF_INIT,
			   .columns = table_columns(stream),
			   .colour = out_colour(stream),
			   .verbose = verbose };

	table_add_report(&t, report, source);
	fwrite(t.text.buf, 1, t.text.len, stream);
	strbuf_release(&t.text);
}
