// SPDX-License-Identifier: GPL-2.0-only
/*
 * How Outpost writes: plain words, and one rule for the full stop at the end
 * of a message. See "Plain English" in CONTRIBUTING.md.
 */
#include "unit.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/strbuf.h"

#include <ctype.h>
#include <fts.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

/* Words that read as if translated, and what to write. Matched without regard to case. */
static const struct {
	const char *pattern; /* regex(7), extended; \b is GNU's */
	const char *instead;
} words[] = {
	{ "\\banew\\b", "again, from scratch, re-" },
	{ "\\b(is|are|was|were|be|been|not) said\\b", "is logged, reported, printed" },
	{ "(errno|\\)|[0-9]), (not )?said\\b|\\(said\\)", "logged, not logged" },
	{ "\\bsaid itself\\b", "logged it" },
	{ "\\bit is made\\b", "Outpost creates it" },
	{ "\\bis to (log|look|go)\\b", "must, should" },
	{ "\\bwhere there is none\\b", "if none exists" },
	{ "\\bfor ever\\b", "forever" },
	{ "\\bonce more\\b", "again" },
	{ "\\b(it|this|that|which) (is|was) no ([a-km-z]|l[a-np-z])", "is not a" },
	{ "(^|[^.])\\bwants\\b($|[^=])", "requires, needs, expects" },
	{ "\\bwithout a word\\b", "without an error message" },
	{ "\\bwhat there is\\b", "what exists" },
};

/* Folders and files that hold what people read. */
static const char *const roots[] = { "src",     "proto",     "docs",           "man",
				     "board",   "container", "completion",     "modules",
				     "fuzz",    "bench",     "README.md",      "CONTRIBUTING.md",
				     "NEWS.md", "Makefile",  "quick-start.sh", ".ci/run",
				     "tests",   NULL };

static bool has_suffix(const char *path, const char *suffix)
{
	size_t n = strlen(path), m = strlen(suffix);

	return n >= m && strcmp(path + n - m, suffix) == 0;
}

static bool is_code(const char *path)
{
	return has_suffix(path, ".c") || has_suffix(path, ".h");
}

/* Other people's words are as they are; this file must name the words. */
static bool is_exempt(const char *path)
{
	return strncmp(path, "fuzz/corpus/", 12) == 0 || strncmp(path, "tests/data/", 11) == 0 ||
	       strcmp(path, "tests/unit/test_wording.c") == 0;
}

/* The end of the comment, string or character constant at `p`; NULL: none begins there. */
static const char *token_end(const char *p)
{
	if (p[0] == '/' && p[1] == '*') {
		const char *end = strstr(p + 2, "*/");

		return end ? end + 2 : p + strlen(p);
	}
	if (p[0] == '/' && p[1] == '/')
		return p + strcspn(p, "\n");
	if (p[0] != '"' && p[0] != '\'')
		return NULL;
	for (const char *q = p + 1; *q && *q != '\n'; q++) {
		if (*q == '\\' && q[1])
			q++;
		else if (*q == *p)
			return q + 1;
	}
	return p + 1;
}

/* Blanks out all but comments and strings: names may be what they like. */
static void keep_words(char *text)
{
	char *p = text;

	while (*p) {
		const char *end = token_end(p);

		if (end)
			p = (char *)end;
		else if (*p == '\n')
			p++;
		else
			*p++ = ' ';
	}
}

static int line_of(const char *text, const char *p)
{
	int line = 1;

	for (; text < p; text++)
		line += *text == '\n';
	return line;
}

static unsigned int report(const char *path, const char *text, const char *at, const char *what)
{
	const char *begin = at;

	while (begin > text && begin[-1] != '\n')
		begin--;
	print_error("%s:%d: %s\n    %.*s\n", path, line_of(text, at), what,
		    (int)strcspn(begin, "\n"), begin);
	return 1;
}

typedef unsigned int check_text(const char *path, const char *text);

static unsigned int check_words(const char *path, const char *text)
{
	_cleanup_free_ char *copy = xstrdup(text);
	unsigned int found = 0;

	if (is_code(path))
		keep_words(copy);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const char *p = copy;
		regmatch_t match;
		regex_t regex;

		assert_int_equal(regcomp(&regex, words[i].pattern, REG_EXTENDED | REG_ICASE), 0);
		while (regexec(&regex, p, 1, &match, p > copy ? REG_NOTBOL : 0) == 0) {
			found += report(path, copy, p + match.rm_so, words[i].instead);
			p += match.rm_eo;
		}
		regfree(&regex);
	}
	return found;
}

/* --- messages --------------------------------------------------------------------------- */

/* The string constants at `p`, put together, or an empty one. */
static char *read_format(const char *p)
{
	struct strbuf sb = STRBUF_INIT;

	while (*(p += strspn(p, " \t\n")) == '"') {
		const char *end = token_end(p);

		strbuf_add(&sb, p + 1, (size_t)(end - p - 2));
		p = end;
	}
	return strbuf_detach(&sb);
}

/* Does another sentence follow the full stop or question mark at `p`? */
static bool sentence_follows(const char *p)
{
	return p[1] == ' ' && p[2] &&
	       (*p == '?' || isupper((unsigned char)p[2]) || strchr("%'", p[2]));
}

/* "A message of one sentence has no full stop at its end, one of several has." */
static bool full_stop_is_right(const char *format)
{
	size_t n = strlen(format);
	bool several = false;

	for (const char *p = strpbrk(format, ".?"); p; p = strpbrk(p + 1, ".?"))
		several = several || sentence_follows(p);
	if (has_suffix(format, "...") || has_suffix(format, " ") || has_suffix(format, "\\n"))
		return true; /* more follows, such as an answer; help texts end with a newline */
	if (n == 0 || strcmp(format, "%s") == 0 || strchr("?!:`'\n", format[n - 1]))
		return true;
	return several == (format[n - 1] == '.');
}

/* Is the string at `p` the first in a call that logs, or a sentence in a table or a variable? */
static bool is_message(const char *text, const char *p, const char *format)
{
	static const char *const calls[] = { "log_error(",  "log_warn(",       "log_info(",
					     "log_hint(",   "usage_error(",    "log_error_errno(",
					     "serve_fail(", "log_warn_errno(", NULL };
	const char *start = p;

	if (isupper((unsigned char)*format) && islower((unsigned char)format[1]) &&
	    strchr(format, ' '))
		return true;
	while (start > text && !strchr(";{}\"", start[-1]))
		start--;
	for (const char *const *call = calls; *call; call++)
		if (memmem(start, (size_t)(p - start), *call, strlen(*call)))
			return true;
	return false;
}

static unsigned int check_full_stops(const char *path, const char *text)
{
	unsigned int found = 0;

	if (!is_code(path) || strncmp(path, "src/", 4) != 0 ||
	    strncmp(path, "src/common/klog/", 16) == 0)
		return 0; /* klog looks for the kernel's words */
	for (const char *p = text, *end; *p; p = end) {
		_cleanup_free_ char *format = NULL;

		end = token_end(p);
		if (!end)
			end = p + 1;
		if (*p != '"')
			continue;
		format = read_format(p);
		if (is_message(text, p, format) && !full_stop_is_right(format))
			found += report(
				path, text, p,
				"full stop: none after one sentence, one after each of several");
		while (*end && *(end + strspn(end, " \t\n")) == '"')
			end = token_end(end + strspn(end, " \t\n"));
	}
	return found;
}

/* --- all files ----------------------------------------------------------------------------- */

static unsigned int check_all(check_text *check)
{
	FTS *fts = fts_open((char *const *)roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	unsigned int found = 0, files = 0;
	FTSENT *entry;

	assert_non_null(fts);
	while ((entry = fts_read(fts))) {
		_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;

		if (entry->fts_info != FTS_F || is_exempt(entry->fts_path) ||
		    fs_read(entry->fts_path, &text, 1024 * 1024) < 0 || strlen(text.buf) < text.len)
			continue; /* binary */
		files++;
		found += check(entry->fts_path, text.buf);
	}
	fts_close(fts);
	assert_true(files > 300); /* else it looked in the wrong place */
	return found;
}

static void plain_words(void **state)
{
	(void)state;
	assert_int_equal(check_all(check_words), 0);
}

static void full_stops(void **state)
{
	(void)state;
	assert_int_equal(check_all(check_full_stops), 0);
}

static void the_rules_find_something(void **state)
{
	(void)state;
	assert_int_equal(
		check_words("x.c", "int said; /* begun anew */ f(\"who holds it is said\");"), 2);
	assert_int_equal(check_words("x.c", "is_said(anew); /* is no longer there */"), 0);
	assert_int_equal(check_full_stops("src/x.c", "log_error(\"Cannot open %s.\", path);"), 1);
	assert_int_equal(
		check_full_stops("src/x.c", "log_hint(\"Board %s is busy. \"\n\"Wait\", b);"), 1);
	assert_int_equal(check_full_stops("src/x.c", "log_hint(\"Board %s is busy. Wait.\", b);"),
			 0);
	assert_int_equal(check_full_stops("src/x.c", "log_error(\"Cannot open %s\", path);"), 0);
	assert_int_equal(check_full_stops("src/x.c", "log_error_errno(r, \"'%s' is bad.\", s);"),
			 1);
	assert_int_equal(
		check_full_stops("src/x.c", "{ \"no route\", \"Is it on? Switch it on\" },"), 1);
	assert_int_equal(check_full_stops("src/x.c", "h = xasprintf(\"Run it as %s.\", me);"), 1);
	assert_int_equal(check_words("x.c", "/* 0 or -errno (said) */ f(\"who is to log it\");"),
			 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rules_find_something),
		cmocka_unit_test(plain_words),
		cmocka_unit_test(full_stops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
