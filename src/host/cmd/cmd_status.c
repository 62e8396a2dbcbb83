// SPDX-License-Identifier: GPL-2.0-only
#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "host/base/json_make.h"
#include "host/base/progress.h"
#include "host/cmd/command.h"
#include "host/report/out.h"
#include "host/report/out_table.h"
#include "host/report/out_tunnel.h"
#include "host/workflow/survey.h"

#include <stdio.h>
#include <string.h>

#define LOADED_SHOWN 3 /* names of modules */

struct status_options {
	int timeout_ms;
	char *root;
};

static const struct option_row options[] = {
	OPTION_DURATION(struct status_options, timeout_ms, 't', "timeout", "TIME", NULL,
			"time limit for each board (default: 4s)"),
	OPTION_STRING(struct status_options, root, 0, "root", "DIR", NULL,
		      "look for the gateway's files below DIR; for tests"),
	OPTION_END,
};

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static bool is_reachable(const struct survey_board *b)
{
	return json_is_true(json_object_get(b->answer, "reachable"));
}

/* --- cells -------------------------------------------------------------------------------- */

/* ann@laptop, 2m05s. The board's clock may be wrong. */
static void add_lock(struct strbuf *out, const json_t *answer, int64_t now_ms)
{
	const json_t *lock = json_object_get(answer, "lock");
	int64_t since_ms = json_integer_value(json_object_get(lock, "since_s")) * 1000;
	const char *user = text_of(lock, "user");

	if (!lock)
		strbuf_adds(out, "?");
	else if (json_is_null(lock))
		strbuf_adds(out, "free");
	else
		table_clean_line(out, *user ? user : "somebody");
	if (json_is_object(lock) && since_ms > 0 && since_ms <= now_ms) {
		strbuf_adds(out, ", ");
		out_age(out, now_ms - since_ms);
	}
}

static void add_loaded(struct strbuf *out, const json_t *answer)
{
	const json_t *loaded = json_object_get(answer, "loaded");
	size_t n = json_array_size(loaded), shown = n < LOADED_SHOWN ? n : LOADED_SHOWN;
	long long more = json_integer_value(json_object_get(answer, "loaded_more"));

	for (size_t i = 0; i < shown; i++) {
		strbuf_adds(out, i ? ", " : "");
		table_clean_line(out, json_string_value(json_array_get(loaded, i)));
	}
	more += (long long)(n - shown);
	if (more)
		strbuf_addf(out, " and %lld more", more);
	if (!n)
		strbuf_adds(out, loaded ? "-" : "?");
}

/* "2 passed, 1 crashed, 3h10m ago" */
static void add_last(struct strbuf *out, const json_t *last, int64_t now_ms)
{
	const json_t *summary = json_object_get(last, "summary");
	unsigned int counts[VERDICT_COUNT];
	const char *state = text_of(last, "state");

	if (!last) {
		strbuf_adds(out, "-");
		return;
	}
	for (int v = 0; v < VERDICT_COUNT; v++)
		counts[v] =
			(unsigned int)json_integer_value(json_object_get(summary, verdict_name(v)));
	if (json_is_object(summary))
		out_counts(out, counts);
	else
		strbuf_adds(out, state);
	strbuf_adds(out, ", ");
	out_age(out, now_ms - json_integer_value(json_object_get(last, "started_s")) * 1000);
	strbuf_adds(out, " ago");
}

/* --- the table ---------------------------------------------------------------------------- */

enum column {
	COLUMN_BOARD,
	COLUMN_STATE,
	COLUMN_KERNEL,
	COLUMN_LOCK,
	COLUMN_LOADED,
	COLUMN_LAST,
	COLUMNS
};

struct row {
	struct strbuf cells[COLUMNS];
};

static void row_init(struct row *row)
{
	for (int c = 0; c < COLUMNS; c++)
		row->cells[c] = (struct strbuf)STRBUF_INIT;
}

static void row_fill(struct row *row, const struct survey_board *b, int64_t now_ms)
{
	row_init(row);
	table_clean_line(&row->cells[COLUMN_BOARD], b->board->name);
	strbuf_adds(&row->cells[COLUMN_STATE], is_reachable(b) ? "up" : "away");
	add_last(&row->cells[COLUMN_LAST], b->last, now_ms);
	if (!is_reachable(b)) {
		for (int c = COLUMN_KERNEL; c < COLUMN_LAST; c++)
			strbuf_adds(&row->cells[c], "-");
		return;
	}
	table_clean_line(&row->cells[COLUMN_KERNEL], text_of(b->answer, "kernel"));
	add_lock(&row->cells[COLUMN_LOCK], b->answer, now_ms);
	add_loaded(&row->cells[COLUMN_LOADED], b->answer);
}

static void head_fill(struct row *row)
{
	static const char *const words[COLUMNS] = { "board", "state",  "kernel",
						    "lock",  "loaded", "last run" };

	row_init(row);
	for (int c = 0; c < COLUMNS; c++)
		strbuf_adds(&row->cells[c], words[c]);
}

static void add_row(struct table *t, const struct row *row, const size_t widths[COLUMNS],
		    const char *colour)
{
	for (int c = 0; c < COLUMNS; c++) {
		const struct strbuf *cell = &row->cells[c];

		if (c == COLUMN_STATE || (colour && strcmp(colour, DIM) == 0))
			table_add_coloured(t, colour, cell->buf);
		else
			strbuf_adds(&t->text, cell->buf);
		if (c + 1 < COLUMNS)
			table_add_spaces(t, widths[c] - cell->len + 2);
	}
	strbuf_addch(&t->text, '\n');
}

static bool is_cut_off(const struct survey_board *b)
{
	return b->of_gateway && b->seen == TUNNEL_SEEN_NOW && !b->tunnel.up;
}

/* If the tunnel is down, what ssh makes of that says less. */
static void add_below(struct table *t, const struct survey_board *b, int64_t now_ms)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (is_cut_off(b)) {
		strbuf_adds(&text, "down for ");
		out_age(&text, now_ms - b->tunnel.since_ms);
		strbuf_addf(&text, ": %s", tunnel_reason_clause(b->tunnel.reason));
		table_add_detail(t, "tunnel", text.buf);
	} else if (!is_reachable(b)) {
		table_add_detail(t, "why", text_of(b->answer, "why"));
		if (*text_of(b->answer, "hint"))
			table_add_detail(t, "fix", text_of(b->answer, "hint"));
	}
}

static void print_table(const struct survey *survey, int64_t now_ms)
{
	struct table t = { .text = STRBUF_INIT,
			   .columns = table_columns(stdout),
			   .colour = out_colour(stdout) };
	struct row *rows = xcalloc(survey->n + 1, sizeof(*rows));
	size_t widths[COLUMNS] = { 0 };

	head_fill(&rows[0]);
	for (size_t i = 0; i < survey->n; i++)
		row_fill(&rows[i + 1], &survey->list[i], now_ms);
	for (size_t i = 0; i <= survey->n; i++)
		for (int c = 0; c < COLUMNS; c++)
			if (rows[i].cells[c].len > widths[c])
				widths[c] = rows[i].cells[c].len;
	for (size_t i = 0; i <= survey->n; i++) {
		const struct survey_board *b = i ? &survey->list[i - 1] : NULL;

		add_row(&t, &rows[i], widths, !b ? DIM : is_reachable(b) ? GREEN : RED);
		if (b)
			add_below(&t, b, now_ms);
		for (int c = 0; c < COLUMNS; c++)
			strbuf_release(&rows[i].cells[c]);
	}
	free(rows);
	fwrite(t.text.buf, 1, t.text.len, stdout);
	strbuf_release(&t.text);
}

/* --- JSON --------------------------------------------------------------------------------- */

static json_t *tunnel_json(const struct survey_board *b)
{
	const struct tunnel_board board = { b->board->name, b->seen, b->tunnel };
	const struct out_tunnel tunnel = { .board = &board };
	json_t *document = out_tunnel_json(&tunnel, 1);
	json_t *row = json_incref(json_array_get(json_object_get(document, "boards"), 0));

	json_decref(document);
	return row;
}

static json_t *board_json(const struct survey_board *b)
{
	json_t *row = object_json("{s:s, s:s, s:s}", "name", b->board->name, "destination",
				  b->board->destination, "kind",
				  b->of_gateway     ? "gateway"
				  : b->board->is_vm ? "vm"
						    : "ssh");

	json_object_update(row, b->answer);
	json_object_set_new(row, "last", b->last ? json_incref(b->last) : json_null());
	if (b->of_gateway)
		json_object_set_new(row, "tunnel", tunnel_json(b));
	return row;
}

static int print_json(const struct survey *survey)
{
	json_t *boards = json_array();

	for (size_t i = 0; i < survey->n; i++)
		json_array_append_new(boards, board_json(&survey->list[i]));
	return out_json(object_json("{s:s, s:o}", "schema", "outpost.status/1", "boards", boards));
}

/* --- the command -------------------------------------------------------------------------- */

static int run(struct context *ctx, void *arg, int argc, char **argv)
{
	const struct status_options *o = arg;
	_cleanup_(survey_release) struct survey survey = { 0 };
	const char *only = context_asked_board(ctx);
	int r = survey_boards(o->root ? o->root : "", only, &survey);

	(void)argc;
	(void)argv;
	if (r < 0)
		return r;
	progress_start();
	progress_step("asking %zu boards", survey.n);
	r = survey_ask(&survey, o->timeout_ms);
	progress_end();
	if (r == 0)
		r = survey_add_runs(&survey);
	if (r < 0)
		return r;
	if (ctx->json)
		r = print_json(&survey);
	else if (survey.n)
		print_table(&survey, tunnel_now_ms());
	else
		log_info("No boards yet; run outpost board add NAME DESTINATION, or outpost vm up");
	return r < 0 ? r : only && !is_reachable(&survey.list[0]) ? STATUS_FAIL : STATUS_OK;
}

const struct command cmd_status = {
	.name = "status",
	.args = "",
	.summary = "Show all boards: reachable or not, who uses them, what is loaded",
	.help = "Asks all boards side by side: those that you added, the virtual Pis and, on a gateway,\n"
		"its boards. Installs nothing on them, and works with an agent of any build. 'loaded'\n"
		"are modules that did not come with the board's kernel; 'last run' is the last one of\n"
		"yours. With -b BOARD, asks that board only; exit status 1 if it cannot be reached.\n",
	.options = options,
	.options_size = sizeof(struct status_options),
	.defaults = &(const struct status_options){ .timeout_ms = 4000 },
	.has_json = true,
	.no_trust = true,
	.run = run,
};
