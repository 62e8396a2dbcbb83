// SPDX-License-Identifier: GPL-2.0-only
#include "host/base/json_make.h"
#include "host/report/out_check.h"

#include "common/strbuf.h"
#include "host/report/out.h"

#include <string.h>

#define SHOWN_MAX 8 /* problems shown per module, unless verbose */

static json_t *problem_json(const struct check_problem *p)
{
	return object_json("{s:s, s:o, s:o, s:o, s:o, s:b}", "kind", p->kind, "symbol",
			   text_json(p->symbol), "expected", text_json(p->expected), "found",
			   text_json(p->found), "hint", text_json(p->hint), "fatal", p->fatal);
}

static json_t *time_json(time_t when)
{
	char text[32];

	if (!when)
		return json_null();
	strftime(text, sizeof(text), "%FT%TZ", gmtime(&when));
	return json_string(text);
}

json_t *out_check_json(const struct checked *all, size_t n, const char *release, const char *board,
		       time_t as_of)
{
	json_t *modules = json_array();

	for (size_t i = 0; i < n; i++) {
		json_t *problems = json_array();

		for (size_t k = 0; k < all[i].result.n; k++)
			json_array_append_new(problems, problem_json(&all[i].result.problems[k]));
		json_array_append_new(
			modules, object_json("{s:o, s:o, s:b, s:o}", "path", text_json(all[i].path),
					     "name", text_json(all[i].name), "loads",
					     all[i].result.loads, "problems", problems));
	}
	return object_json("{s:s, s:s, s:s?, s:o, s:o}", "schema", "outpost.check/1", "kernel",
			   release, "board", board, "as_of", time_json(as_of), "modules", modules);
}

/* "  crc _printk: 0x00000001, not 0x92997ed8" */
static void print_problem(FILE *stream, const struct check_problem *p)
{
	_cleanup_(strbuf_release) struct strbuf raw = STRBUF_INIT, clean = STRBUF_INIT;

	strbuf_addf(&raw, "  %s%s%s%s: expected %s; found: %s", p->fatal ? "" : "note: ", p->kind,
		    *p->symbol ? " " : "", p->symbol, p->expected, p->found);
	strbuf_add_clean(&clean, raw.buf, raw.len);
	fprintf(stream, "%s\n", clean.buf);
}

static void print_hint(FILE *stream, const struct check_problem *p)
{
	_cleanup_(strbuf_release) struct strbuf clean = STRBUF_INIT;

	strbuf_add_clean(&clean, p->hint, strlen(p->hint));
	fprintf(stream, "    %s\n", clean.buf);
}

/* Prints a hint that several consecutive problems share once, after the last of them. */
static void print_problems(FILE *stream, const struct check_result *r, bool verbose)
{
	size_t shown = 0;

	for (size_t i = 0; i < r->n; i++) {
		bool last =
			i + 1 == r->n || strcmp(r->problems[i].hint, r->problems[i + 1].hint) != 0;

		if (verbose || shown++ < SHOWN_MAX)
			print_problem(stream, &r->problems[i]);
		if (last && (verbose || shown <= SHOWN_MAX || i + 1 == r->n))
			print_hint(stream, &r->problems[i]);
	}
	if (!verbose && r->n > SHOWN_MAX)
		fprintf(stream, "  and %zu more; -v shows all\n", r->n - SHOWN_MAX);
}

void out_check(FILE *stream, const struct checked *all, size_t n, const char *release, bool verbose)
{
	size_t refused = 0;

	for (size_t i = 0; i < n; i++) {
		_cleanup_(strbuf_release) struct strbuf path = STRBUF_INIT;

		strbuf_add_clean(&path, all[i].shown, strlen(all[i].shown));
		fprintf(stream, "%s: %s\n", path.buf,
			all[i].result.loads ? "would load" : "would NOT load");
		print_problems(stream, &all[i].result, verbose);
		refused += !all[i].result.loads;
	}
	if (refused)
		fprintf(stream, "%zu of %zu modules would not load on %s\n", refused, n, release);
	else
		fprintf(stream, "%s would load on %s\n", n == 1 ? "The module" : "All modules",
			release);
}
