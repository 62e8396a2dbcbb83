// SPDX-License-Identifier: GPL-2.0-only
#include "common/ktap/line.h"

#include <limits.h>

static bool take_word(struct text *t, const char *word)
{
	struct text at = *t;

	if (!text_take(&at, word) || (at.n && (isalnum((unsigned char)*at.p) || *at.p == '_')))
		return false;
	*t = at;
	return true;
}

static bool take_number(struct text *t, unsigned int *value)
{
	uint64_t v;

	if (!text_take_u64(t, &v))
		return false;
	*value = v > UINT_MAX ? UINT_MAX : (unsigned int)v;
	return true;
}

bool ktap_is_version(struct text t)
{
	unsigned int version;

	text_take(&t, "K");
	return text_take(&t, "TAP version ") && take_number(&t, &version);
}

/* A directive's name, in any case as TAP has it ("# skip"). */
static bool is_directive(struct text t, const char *name)
{
	size_t n = strlen(name);

	if (t.n < n || (t.n > n && isalnum((unsigned char)t.p[n])))
		return false;
	for (size_t i = 0; i < n; i++)
		if (toupper((unsigned char)t.p[i]) != name[i])
			return false;
	return true;
}

/* " # DIRECTIVE ..." at the end of a name; an escaped '#' is text. */
static struct text split_directive(struct text *name)
{
	struct text directive = { name->p + name->n, 0 };

	for (size_t i = 0; i < name->n; i++) {
		if (name->p[i] != '#' || (i && name->p[i - 1] == '\\'))
			continue;
		directive = (struct text){ name->p + i + 1, name->n - i - 1 };
		text_skip_blanks(&directive);
		name->n = i;
		break;
	}
	text_trim_end(name);
	return directive;
}

static void judge(struct ktap_line *line, struct text directive)
{
	line->outcome = line->ok ? KTAP_PASS : KTAP_FAIL;
	if (is_directive(directive, "SKIP") || is_directive(directive, "SKIPPED"))
		line->outcome = KTAP_SKIP;
	else if (is_directive(directive, "TODO") || is_directive(directive, "XFAIL"))
		line->outcome = KTAP_TODO;
	else if (is_directive(directive, "TIMEOUT"))
		line->timeout = true;
	else if (is_directive(directive, "ERROR"))
		line->error = true;
	/* "ok" contradicts these two directives: the worse result counts. */
	if (line->timeout || line->error)
		line->outcome = KTAP_FAIL;
}

bool ktap_parse_result(struct text t, struct ktap_line *line)
{
	memset(line, 0, sizeof(*line));
	line->ok = take_word(&t, "ok");
	if (!line->ok && !take_word(&t, "not ok"))
		return false;
	if (t.n && *t.p != ' ' && *t.p != '\t')
		return false; /* "ok: ...", "ok, then" */
	text_skip_blanks(&t);
	take_number(&t, &line->number);
	text_skip_blanks(&t);
	if (text_take(&t, "-"))
		text_skip_blanks(&t);
	line->name = t;
	judge(line, split_directive(&line->name));
	return true;
}

bool ktap_parse_plan(struct text t, unsigned int *planned)
{
	if (!text_take(&t, "1..") || !take_number(&t, planned))
		return false;
	text_skip_blanks(&t);
	return !t.n || *t.p == '#';
}

size_t ktap_take_indent(struct text *t)
{
	size_t indent = 0;

	for (; t->n && (*t->p == ' ' || *t->p == '\t'); text_skip(t, 1))
		indent += *t->p == '\t' ? 8 : 1;
	return indent;
}
