// SPDX-License-Identifier: GPL-2.0-only
#include "agent/provision/config_txt.h"

#include "common/text.h"

#include <string.h>

#define BEGIN "# outpost provision: begin (outpost provision --undo --only boot removes this)"
#define END   "# outpost provision: end"

static bool is_line(struct text line, const char *what)
{
	text_trim_end(&line); /* of editors on Windows */
	return line.n == strlen(what) && memcmp(line.p, what, line.n) == 0;
}

/* What a line of the file is. */
struct place {
	bool ours;     /* in our block, or one of its comments */
	bool filtered; /* below a filter other than [all] */
};

/* A block whose end somebody removed is not ours: it would reach to the end of the file. */
static bool begins_block(struct text line, struct text rest)
{
	return is_line(line, BEGIN) && text_find(rest, END);
}

static void walk(const char *text, void (*each)(struct text line, struct place at, void *arg),
		 void *arg)
{
	struct text rest = { text, strlen(text) }, line;
	struct place at = { false, false };

	while (text_line(&rest, &line)) {
		bool end = at.ours && is_line(line, END);
		struct text first = line;

		at.ours = at.ours || begins_block(line, rest);
		text_skip_blanks(&first);
		if (!at.ours && text_starts(first, "["))
			at.filtered = !text_starts(first, "[all]");
		each(line, at, arg);
		at.ours = at.ours && !end;
	}
}

struct search {
	const char *start;
	bool found;
};

static void look_at(struct text line, struct place at, void *arg)
{
	struct search *search = arg;

	text_skip_blanks(&line);
	search->found |= !at.ours && !at.filtered && text_starts(line, search->start);
}

bool config_txt_has(const char *text, const char *start)
{
	struct search search = { .start = start };

	walk(text, look_at, &search);
	return search.found;
}

static void keep_other(struct text line, struct place at, void *arg)
{
	if (!at.ours)
		strbuf_addf(arg, "%.*s\n", (int)line.n, line.p);
}

static void keep_ours(struct text line, struct place at, void *arg)
{
	if (at.ours && !text_starts(line, "#") && !text_starts(line, "["))
		strbuf_addf(arg, "%.*s\n", (int)line.n, line.p);
}

void config_txt_block(const char *text, struct strbuf *lines)
{
	walk(text, keep_ours, lines);
}

void config_txt_with(const char *text, const char *lines, struct strbuf *out)
{
	walk(text, keep_other, out);
	if (*lines)
		strbuf_addf(out, BEGIN "\n[all]\n%s" END "\n", lines);
}
