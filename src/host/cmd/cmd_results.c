// SPDX-License-Identifier: GPL-2.0-only
#include "common/alloc.h"
#include "common/log.h"
#include "host/base/json_make.h"
#include "host/cmd/command.h"
#include "host/report/out.h"
#include "host/workflow/workflow.h"
#include "host/store/store.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

struct results_options {
	int limit;
};

static const struct option_row options[] = {
	OPTION_INT(struct results_options, limit, 'n', "limit", "N", 0, NULL,
		   "list the last N runs (default: 20; 0: all)"),
	OPTION_END,
};

static const char *text_of(const json_t *row, const char *key)
{
	const char *text = json_string_value(json_object_get(row, key));

	return text ? text : "";
}

/* The last part of the id identifies the run; the rest is the time, which has its own column. */
static const char *short_id(const json_t *row)
{
	const char *run = text_of(row, "run");
	const char *dash = strrchr(run, '-');

	return dash ? dash + 1 : run;
}

/* In local time; the year is only shown for old runs, as in ls(1). */
static void add_when(struct strbuf *out, const json_t *row)
{
	time_t t = (time_t)json_integer_value(json_object_get(row, "started_s"));
	bool recent = llabs((long long)time(NULL) - (long long)t) < 180 * 86400LL;
	char text[32];
	struct tm tm;

	localtime_r(&t, &tm);
	strftime(text, sizeof(text), recent ? "%b %d %H:%M" : "%b %d  %Y", &tm);
	strbuf_adds(out, text);
}

/* The board's text cannot be trusted: clean it. */
static void add_column(struct strbuf *out, const json_t *row, const char *key, int width)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;

	strbuf_add_clean(&text, text_of(row, key), strlen(text_of(row, key)));
	strbuf_addf(out, "  %-*s", width, text.buf ? text.buf : "");
}

/* The result: the counts, and the reason if the run did not finish. */
static void add_outcome(struct strbuf *out, const json_t *row)
{
	const json_t *summary = json_object_get(row, "summary");
	const char *state = text_of(row, "state"), *why = text_of(row, "why");
	unsigned int counts[VERDICT_COUNT];

	if (strcmp(state, "finished") != 0)
		strbuf_addf(out, "%s%s", state, json_is_object(summary) || *why ? ": " : "");
	strbuf_add_clean(out, why, strlen(why));
	if (!json_is_object(summary))
		return;
	for (int v = 0; v < VERDICT_COUNT; v++)
		counts[v] =
			(unsigned int)json_integer_value(json_object_get(summary, verdict_name(v)));
	out_counts(out, counts);
}

static int widest(const json_t *rows, const char *key)
{
	size_t width = strlen(key);

	for (size_t i = 0; i < json_array_size(rows); i++) {
		size_t n = strlen(text_of(json_array_get(rows, i), key));

		width = n > width ? n : width;
	}
	return (int)width;
}

static void print_rows(const json_t *rows)
{
	int board = widest(rows, "board");
	int kernel = widest(rows, "kernel");
	_cleanup_(strbuf_release) struct strbuf out = STRBUF_INIT;

	strbuf_addf(&out, "%-6s  %-12s  %-*s  %-*s  result\n", "run", "when", board, "board",
		    kernel, "kernel");
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);

		strbuf_addf(&out, "%-6s  ", short_id(row));
		add_when(&out, row);
		add_column(&out, row, "board", board);
		add_column(&out, row, "kernel", kernel);
		strbuf_adds(&out, "  ");
		add_outcome(&out, row);
		strbuf_addch(&out, '\n');
	}
	fwrite(out.buf, 1, out.len, stdout);
}

static int list(const struct context *ctx, struct store *store, int limit)
{
	const char *board = context_asked_board(ctx);
	json_t *rows;
	int r = store_list(store, board, limit, &rows);

	if (r < 0)
		return r;
	if (ctx->json)
		return out_json(
			object_json("{s:s, s:o}", "schema", "outpost.results/1", "runs", rows));
	if (json_array_size(rows))
		print_rows(rows);
	else
		log_info("No runs yet%s%s", board ? " on " : "", board ? board : "");
	json_decref(rows);
	return STATUS_OK;
}

/* Prints the table that the run ended with. */
static int print_run(const struct context *ctx, json_t *document)
{
	struct run_result run;
	time_t started;
	char when[64];
	struct tm tm;
	int r = out_test_from_json(document, &run);

	if (r < 0) {
		log_error("This version of Outpost does not know the format of this result (%s)",
			  text_of(document, "schema"));
		log_hint("Use --json to print it unchanged");
	} else {
		started = (time_t)run.started_s;
		strftime(when, sizeof(when), "%a %b %d %H:%M:%S %Y", localtime_r(&started, &tm));
		printf("run %s, %s\n\n", run.run, when);
		out_table(stdout, &run, ctx->verbose);
	}
	run_result_release(&run);
	return r;
}

static int show(const struct context *ctx, struct store *store, const char *word)
{
	_cleanup_free_ char *run = NULL;
	json_t *document;
	int r = store_find(store, word, &run);

	if (r == 0)
		r = store_get(store, run, &document);
	if (r < 0)
		return r;
	if (ctx->json)
		return out_json(document);
	r = print_run(ctx, document);
	json_decref(document);
	return r;
}

static int run(struct context *ctx, void *arg, int argc, char **argv)
{
	const struct results_options *o = arg;
	_cleanup_(store_closep) struct store *store = NULL;
	int r;

	if (argc && option_given(ctx, "limit"))
		return usage_error("--limit is for the list of runs, not for one RUN");
	r = store_open(&store);
	if (r < 0)
		return r;
	workflow_collect(ctx, store);
	return argc ? show(ctx, store, argv[0]) : list(ctx, store, o->limit);
}

const struct command cmd_results = {
	.name = "results",
	.args = "[RUN]",
	.summary = "List earlier runs, or show one in full",
	.help = "RUN is a short id from the list, a full id, a unique prefix of either, or \"last\", the\n"
		"newest run with a result. With -b BOARD, lists the runs on that board only.\n",
	.options = options,
	.options_size = sizeof(struct results_options),
	.defaults = &(const struct results_options){ .limit = 20 },
	.has_json = true,
	.most_args = 1,
	.no_trust = true,
	.no_cache = true,
	.run = run,
};
