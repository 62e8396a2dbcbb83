// SPDX-License-Identifier: GPL-2.0-only
#include "common/alloc.h"
#include "common/cleanup.h"
#include "host/report/out.h"
#include "host/report/out_table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define NAME_LEAST 6
#define NAME_MOST  30 /* a longer name gets its own line */

static const struct {
	const char *colour;
	const char *word; /* in the final line */
} looks[VERDICT_COUNT] = {
	[VERDICT_PASS] = { GREEN, "passed" },
	[VERDICT_FAIL] = { RED, "failed" },
	[VERDICT_CRASH] = { BOLD_RED, "crashed" },
	[VERDICT_HANG] = { BOLD_RED, "hung" },
	[VERDICT_LOST] = { YELLOW, "lost" },
	[VERDICT_INCONCLUSIVE] = { YELLOW, "inconclusive" },
	[VERDICT_SKIP] = { CYAN, "skipped" },
	[VERDICT_ERROR] = { YELLOW, "errored" },
};

bool out_colour(FILE *stream)
{
	const char *term = getenv("TERM");
	const char *no_colour = getenv("NO_COLOR");

	return isatty(fileno(stream)) && term && *term && strcmp(term, "dumb") != 0 &&
	       !(no_colour && *no_colour);
}

void out_print(const char *fmt, ...)
{
	_cleanup_(strbuf_release) struct strbuf raw = STRBUF_INIT, clean = STRBUF_INIT;
	va_list ap;
	bool line;

	va_start(ap, fmt);
	strbuf_vaddf(&raw, fmt, ap);
	va_end(ap);
	line = raw.len && raw.buf[raw.len - 1] == '\n';
	strbuf_add_clean(&clean, raw.buf, raw.len - line);
	if (line)
		strbuf_addch(&clean, '\n');
	fwrite(clean.buf, 1, clean.len, stdout);
}

void out_duration(struct strbuf *out, long long ms)
{
	if (ms < 1000)
		strbuf_addf(out, "%lld ms", ms);
	else if (ms < 59950)
		strbuf_addf(out, "%.1f s", (double)ms / 1000);
	else if (ms < 100 * 60000 - 500)
		strbuf_addf(out, "%lldm%02llds", (ms + 500) / 60000, (ms + 500) / 1000 % 60);
	else
		strbuf_addf(out, "%lldh%02lldm", ms / 3600000, ms / 60000 % 60);
}

void table_add_coloured(struct table *t, const char *colour, const char *text)
{
	if (t->colour && *text)
		strbuf_addf(&t->text, "\033[%sm%s\033[0m", colour, text);
	else
		strbuf_adds(&t->text, text);
}

void table_add_spaces(struct table *t, size_t n)
{
	strbuf_addf(&t->text, "%*s", (int)n, "");
}

void table_clean_line(struct strbuf *out, const char *text)
{
	_cleanup_free_ char *line = xstrdup(text);

	for (char *c = line; *c; c++)
		if (*c == '\n' || *c == '\t')
			*c = ' ';
	strbuf_add_clean(out, line, strlen(line));
}

static void add_time(struct table *t, int ms)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (ms >= 0)
		out_duration(&text, ms);
	strbuf_addf(&t->text, "  %6s", ms >= 0 ? text.buf : "-");
}

static void add_tests(struct table *t, const struct result *r)
{
	unsigned int judged = r->ktap_pass + r->ktap_fail;

	if (judged)
		strbuf_addf(&t->text, "  %u/%u", r->ktap_pass, judged);
	else
		strbuf_adds(&t->text, "  -");
	if (r->ktap_skip)
		strbuf_addf(&t->text, " +%u skip", r->ktap_skip);
}

static void add_row(struct table *t, const struct result *r)
{
	_cleanup_(strbuf_release) struct strbuf name = STRBUF_INIT;
	const char *verdict = verdict_name(r->verdict);

	table_clean_line(&name, r->module);
	strbuf_adds(&t->text, name.buf);
	if (name.len > t->name_width) {
		strbuf_addch(&t->text, '\n');
		name.len = 0;
	}
	table_add_spaces(t, t->name_width - name.len + 2);
	table_add_coloured(t, looks[r->verdict].colour, verdict);
	table_add_spaces(t, strlen("inconclusive") - strlen(verdict));
	add_time(t, r->timings_ms[TIMING_LOAD]);
	add_time(t, r->timings_ms[TIMING_TEST]);
	add_time(t, r->timings_ms[TIMING_UNLOAD]);
	add_tests(t, r);
	strbuf_addch(&t->text, '\n');
}

static void add_counts(struct table *t, const unsigned int counts[VERDICT_COUNT])
{
	size_t start = t->text.len;

	for (int v = 0; v < VERDICT_COUNT; v++) {
		_cleanup_(strbuf_release) struct strbuf words = STRBUF_INIT;

		if (!counts[v])
			continue;
		if (t->text.len > start)
			strbuf_adds(&t->text, ", ");
		strbuf_addf(&words, "%u %s", counts[v], looks[v].word);
		table_add_coloured(t, looks[v].colour, words.buf);
	}
	if (t->text.len == start)
		strbuf_adds(&t->text, "nothing was tested");
}

void out_counts(struct strbuf *out, const unsigned int counts[VERDICT_COUNT])
{
	struct table t = { .text = STRBUF_INIT };

	add_counts(&t, counts);
	strbuf_add(out, t.text.buf, t.text.len);
	strbuf_release(&t.text);
}

static void add_closing(struct table *t, const struct run_result *run)
{
	_cleanup_(strbuf_release) struct strbuf counts = STRBUF_INIT;
	_cleanup_(strbuf_release) struct strbuf rest = STRBUF_INIT;

	if (run->n)
		strbuf_addch(&t->text, '\n');
	if (run->cancelled)
		strbuf_adds(&t->text, "cancelled: ");
	add_counts(t, run->counts);
	strbuf_adds(&rest, "in ");
	out_duration(&rest, run->duration_ms);
	if (run->board && *run->board) {
		strbuf_adds(&rest, " on ");
		table_clean_line(&rest, run->board);
	}
	if (run->kernel && *run->kernel) {
		strbuf_adds(&rest, ", ");
		table_clean_line(&rest, run->kernel);
	}
	out_counts(&counts, run->counts);
	strbuf_addch(&t->text, counts.len + 1 + rest.len > t->columns ? '\n' : ' ');
	strbuf_addf(&t->text, "%s\n", rest.buf);
}

static size_t name_width(const struct run_result *run)
{
	size_t width = NAME_LEAST;

	for (size_t i = 0; i < run->n; i++) {
		size_t n = strlen(run->results[i].module);

		if (n > width && n <= NAME_MOST)
			width = n;
	}
	return width;
}

size_t table_columns(FILE *stream)
{
	struct winsize size;

	return ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
}

void out_table(FILE *stream, const struct run_result *run, bool verbose)
{
	struct table t = { .text = STRBUF_INIT,
			   .name_width = name_width(run),
			   .columns = table_columns(stream),
			   .colour = out_colour(stream),
			   .verbose = verbose };
	_cleanup_(strbuf_release) struct strbuf head = STRBUF_INIT;

	strbuf_addf(&head, "%-*s  %-12s  %6s  %6s  %6s  %s", (int)t.name_width, "module", "verdict",
		    "load", "test", "unload", "tests");
	if (run->n) {
		table_add_coloured(&t, DIM, head.buf);
		strbuf_addch(&t.text, '\n');
	}
	for (size_t i = 0; i < run->n; i++) {
		add_row(&t, &run->results[i]);
		table_add_details(&t, &run->results[i]);
	}
	add_closing(&t, run);
	fwrite(t.text.buf, 1, t.text.len, stream);
	fflush(stream);
	strbuf_release(&t.text);
}
