// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks every command that a message, the documentation or the man page names: searches them for
 * "outpost WORD..." and passes the rest to the command-line parser, which only checks it. Also
 * checks the options, packages and make targets in hints.
 */
#include "unit.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/strbuf.h"
#include "common/strv.h"
#include "common/text.h"
#include "host/cmd/command_line.h"

#include <ctype.h>
#include <string.h>

/* --- the texts of the sources ------------------------------------------------------------ */

struct source_text {
	const char *file;
	int line;
	struct strbuf text; /* adjacent literals are joined */
	bool is_code;       /* a line that a user types: its words stand for themselves */
	bool is_hint;       /* an argument of log_hint(), or assigned to something called hint */
};

typedef void (*text_fn)(const struct source_text *text, void *arg);

static const char *skip_blanks_and_comments(const char *p, int *line)
{
	for (;;) {
		if (p[0] == '/' && p[1] == '*') {
			const char *end = strstr(p + 2, "*/");

			for (; p < end + 2; p++)
				*line += *p == '\n';
		} else if (p[0] == '/' && p[1] == '/') {
			p += strcspn(p, "\n");
		} else if (isspace((unsigned char)*p)) {
			*line += *p++ == '\n';
		} else {
			return p;
		}
	}
}

/* Starts after the quote; an escaped character becomes a blank, because no word contains one. */
static const char *take_literal(const char *p, struct strbuf *text)
{
	for (; *p && *p != '"'; p++) {
		if (*p != '\\')
			strbuf_addch(text, *p);
		else
			strbuf_addch(text, *++p == '"' || *p == '\\' ? *p : '\n');
	}
	return *p ? p + 1 : p;
}

/* Is the literal part of a hint? Looks back to the start of the statement. */
static bool belongs_to_hint(const char *start, const char *at)
{
	const char *p = at;

	while (p > start && !strchr(";{}", p[-1]))
		p--;
	for (; p < at; p++)
		if (strncmp(p, "hint", 4) == 0)
			return true;
	return false;
}

static void each_text(const char *file, text_fn fn, void *arg)
{
	_cleanup_(strbuf_release) struct strbuf source = STRBUF_INIT;
	struct source_text text = { .file = file, .line = 1 };
	int line = 1;

	assert_int_equal(fs_read(file, &source, 0), 0);
	for (const char *p = source.buf; *(p = skip_blanks_and_comments(p, &line));) {
		const char *at = p;

		if (*p == '\'') { /* a character */
			for (p++; *p != '\''; p++)
				p += *p == '\\';
			p++;
			continue;
		}
		if (*p != '"') {
			p++;
			continue;
		}
		text.line = line;
		text.is_hint = belongs_to_hint(source.buf, at);
		strbuf_reset(&text.text);
		while (*p == '"')
			p = skip_blanks_and_comments(take_literal(p + 1, &text.text), &line);
		fn(&text, arg);
	}
	strbuf_release(&text.text);
}

static void each_text_of_sources(text_fn fn, void *arg)
{
	static const char *const patterns[] = { "*.c", "*.h" };
	_cleanup_strv_ char **files = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++)
		fs_find("src", patterns[i], &files);
	assert_true(strv_length(files) > 100);
	strv_foreach (file, files)
		each_text(*file, fn, arg);
}

/* Each line is a text. */
static void each_line(const char *file, text_fn fn, void *arg)
{
	_cleanup_(strbuf_release) struct strbuf content = STRBUF_INIT;
	struct source_text text = { .file = file };

	assert_int_equal(fs_read(file, &content, 0), 0);
	for (const char *p = content.buf, *end; *p; p = *end ? end + 1 : end) {
		end = p + strcspn(p, "\n");
		text.line++;
		strbuf_reset(&text.text);
		strbuf_add(&text.text, p, (size_t)(end - p));
		text.is_code = strncmp(p, "    outpost ", 12) == 0;
		fn(&text, arg);
	}
	strbuf_release(&text.text);
}

static void each_line_of_documentation(text_fn fn, void *arg)
{
	_cleanup_strv_ char **files = NULL;

	strv_add(&files, "README.md");
	strv_add(&files, "CONTRIBUTING.md");
	strv_add(&files, "tests/README.md");
	fs_find("docs", "*.md", &files);
	fs_find("man", "*.1", &files);
	assert_true(strv_length(files) > 10);
	strv_foreach (file, files)
		each_line(*file, fn, arg);
}

/* --- commands ---------------------------------------------------------------------------- */

/* Words that follow "outpost" in prose. */
static const char *const prose[] = {
	"at",    "is", "that", "was",  "which", "has", "of", "can", "cannot", "will",
	"needs", "to", "in",   "from", "with",  "and", "or", "for", "itself", "agent",
};

static bool is_prose(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(prose); i++)
		if (strcmp(prose[i], word) == 0)
			return true;
	return false;
}

/* A placeholder: NAME, %s, a file. */
static bool is_placeholder(const char *word)
{
	if (strchr(word, '%') || strchr(word, '/') || text_ends_with(word, "..."))
		return true;
	for (const char *p = word; *p; p++)
		if (islower((unsigned char)*p))
			return false;
	return isupper((unsigned char)*word);
}

static const struct command *find_command(const char *name)
{
	for (const struct command *const *c = commands; *c; c++)
		if (strcmp((*c)->name, name) == 0)
			return *c;
	return NULL;
}

static bool is_verb(const struct command *c, const char *word)
{
	for (const struct command_verb *v = c ? c->verbs : NULL; v && v->name; v++)
		if (strcmp(v->name, word) == 0)
			return true;
	return false;
}

static const struct option_row *find_row(const struct option_row *rows, const char *word)
{
	size_t n = strcspn(word, "=");

	for (; rows && rows->name; rows++)
		if (word[1] == '-' ? n == strlen(rows->name) + 2 &&
					     strncmp(word + 2, rows->name, n - 2) == 0
				   : rows->letter == word[1])
			return rows;
	return NULL;
}

/* Does the option take the next word as its value? */
static bool takes_value(const struct command *c, const char *word)
{
	const struct option_row *row = find_row(context_rows, word);

	if (!row)
		row = find_row(context_first_rows, word);
	if (!row && c)
		row = find_row(c->options, word);
	return row && row->arg && !strchr(word, '=') && (word[1] == '-' || !word[2]);
}

/* The next word, without the punctuation that ends a sentence; *last: it had some. */
static char *next_word(const char **p, bool *last)
{
	const char *start = *p + strspn(*p, " "), *end = start + strcspn(start, " \n");
	size_t n = (size_t)(end - start), full = n;

	while (n && strchr(".,;:)'\"?`", start[n - 1]) &&
	       !(n > 3 && text_ends_with("...", "...") && strncmp(start + n - 3, "...", 3) == 0))
		n--;
	*last = n < full || *end != ' ';
	*p = end;
	return xstrndup(start, n);
}

/* The words of a command line, from after "outpost" to the rest of the sentence. */
static void take_words(const char *p, bool is_code, char ***words)
{
	const struct command *c = NULL;
	bool last = false, value = false, verb = false;

	strv_add(words, "outpost");
	while (!last) {
		_cleanup_free_ char *word = next_word(&p, &last);

		if (!*word)
			return;
		if (value) {
			value = false;
		} else if (*word == '-') {
			value = takes_value(c, word);
		} else if (!c) {
			/* "outpost %s --help", "outpost COMMAND --help" */
			bool any = strcmp(word, "%s") == 0 || strcmp(word, "COMMAND") == 0 ||
				   strcmp(word, "ARG...") == 0;

			c = find_command(any ? "test" : word);
			if (!c && !isalpha((unsigned char)*word))
				return; /* "[OPTION...]" */
			if (!c && (strv_length(*words) > 1 || is_prose(word)))
				return;
			strv_add(words, c ? c->name : word);
			if (!c)
				return; /* rejected by the parser */
			continue;
		} else if (c->verbs && !verb) {
			if (!is_verb(c, word) && !is_placeholder(word) && strv_length(*words) > 2)
				return;
			verb = true;
			/* The first word after "vm" must be a verb. */
		} else if (is_code ? !!strchr("#&|>[", *word) : !is_placeholder(word)) {
			return;
		}
		strv_add(words, strchr(word, '%') ? "x" : word);
	}
}

struct tally {
	size_t commands, options, others;
	struct strbuf wrong;
};

static void find_wrong(const struct source_text *text, struct tally *tally, const char *what)
{
	strbuf_addf(&tally->wrong, "%s:%d: %s\n", text->file, text->line, what);
}

static int parse(char **words)
{
	struct context ctx = { 0 };
	const struct command *c = NULL;
	int argc = (int)strv_length(words);
	int r = command_line_first(&ctx, &c, &argc, words);

	if (r == 0 && c) {
		void *dest = command_line_options(c);

		r = command_line_rest(&ctx, c, dest, &argc, words);
		command_line_release_options(c, dest);
	}
	command_line_release(&ctx);
	return r == OPTIONS_HELP ? 0 : r;
}

static char *join(char *const *words)
{
	struct strbuf sb = STRBUF_INIT;

	strv_foreach (word, words)
		strbuf_addf(&sb, "%s%s", sb.len ? " " : "", *word);
	return strbuf_detach(&sb);
}

static void check_command(const struct source_text *text, const char *from, struct tally *tally)
{
	_cleanup_strv_ char **words = NULL;
	_cleanup_free_ char *joined = NULL, **copy = NULL;
	size_t n;

	take_words(from, text->is_code, &words);
	n = strv_length(words);
	if (n < 2 || strcmp(words[1], "trust") == 0) /* security.md announces it */
		return;
	joined = join(words);
	copy = xcalloc(n + 1, sizeof(*copy));
	memcpy(copy, words, n * sizeof(*copy));
	tally->commands++;
	if (parse(copy) != 0)
		find_wrong(text, tally, joined);
}

static void look_for_commands(const struct source_text *text, void *arg)
{
	static const char name[] = "outpost ";
	const char *start = text->text.buf;

	for (const char *p = start; start && (p = strstr(p, name)); p += strlen(name))
		if (p == start || strchr(" (\n|'\"`", p[-1]))
			check_command(text, p + strlen(name) - 1, arg);
}

static void check_commands(void (*each)(text_fn fn, void *arg), size_t least)
{
	struct tally tally = { 0 };

	log_set_level(LOG_LEVEL_NONE);
	each(look_for_commands, &tally);
	log_set_level(LOG_LEVEL_INFO);
	print_message("%zu commands\n", tally.commands);
	assert_true(tally.commands > least);
	if (tally.wrong.len)
		fail_msg("Not commands of Outpost:\n%s", tally.wrong.buf);
	strbuf_release(&tally.wrong);
}

static void every_command_in_messages_can_be_given(void **state)
{
	(void)state;
	check_commands(each_text_of_sources, 40);
}

static void every_command_in_the_documentation_can_be_given(void **state)
{
	(void)state;
	check_commands(each_line_of_documentation, 30);
}

/* --- options by themselves ---------------------------------------------------------------- */

static bool is_option(const char *word)
{
	bool found = find_row(context_rows, word) || find_row(context_first_rows, word) ||
		     strcmp(word, "--help") == 0;

	for (const struct command *const *c = commands; *c && !found; c++)
		found = find_row((*c)->options, word);
	return found;
}

static void look_for_options(const struct source_text *text, void *arg)
{
	/* Options of other programs that hints name. */
	static const char *const others[] = { "--force", "--file" };
	struct tally *tally = arg;
	const char *start = text->text.buf;

	for (const char *p = start; text->is_hint && start && (p = strstr(p, "--")); p += 2) {
		size_t n = 2 + strspn(p + 2, "abcdefghijklmnopqrstuvwxyz0123456789-");
		_cleanup_free_ char *word = xstrndup(p, n);
		bool known = n == 2 || is_option(word);

		if (p > start && !strchr(" ('\"", p[-1]))
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(others); i++)
			known |= strcmp(word, others[i]) == 0;
		tally->options++;
		if (!known)
			find_wrong(text, tally, word);
	}
}

static void every_option_is_one(void **state)
{
	struct tally tally = { 0 };

	(void)state;
	each_text_of_sources(look_for_options, &tally);
	print_message("%zu options in hints\n", tally.options);
	assert_true(tally.options > 10);
	if (tally.wrong.len)
		fail_msg("Not options of Outpost:\n%s", tally.wrong.buf);
	strbuf_release(&tally.wrong);
}

/* --- packages and targets ------------------------------------------------------------------ */

/* Debian has these packages, but `make deps` does not install them: only some users need them. */
static bool is_package(const char *word, const char *makefile)
{
	static const char *const others[] = {
		"clang", "qemu-user-static", "make", "gcc-%d%s", "linux-headers-%s",
	};
	size_t n = strlen(word);

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (strcmp(word, others[i]) == 0)
			return true;
	for (const char *p = makefile; (p = strstr(p, word)); p++)
		if (strchr(" \t=", p[-1]) && strchr(" \\\n)", p[n]))
			return true;
	return false;
}

static bool is_target(const char *word, const char *makefile)
{
	/* Targets of the kernel; and "all that make said". */
	static const char *const others[] = { "olddefconfig", "modules", "O", "said" };
	_cleanup_free_ char *rule = xasprintf("\n%s:", word);

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (strcmp(word, others[i]) == 0)
			return true;
	return strstr(makefile, rule);
}

struct lookup {
	const char *before; /* "apt-get install " */
	bool (*exists)(const char *word, const char *makefile);
	bool several; /* words may follow it */
	const char *makefile;
	struct tally *tally;
};

/* The words at p, up to anything but a blank between them. */
static void check_words(const struct source_text *text, const struct lookup *lookup, const char *p)
{
	bool more;

	do {
		size_t n = strspn(p, "abcdefghijklmnopqrstuvwxyzO0123456789.+-_%");
		_cleanup_free_ char *word = NULL;

		while (n && p[n - 1] == '.')
			n--;
		word = xstrndup(p, n);
		more = lookup->several && p[n] == ' ';
		p += n + 1;
		if (!n)
			return;
		lookup->tally->others++;
		if (strcmp(word, "%s") != 0 && !lookup->exists(word, lookup->makefile))
			find_wrong(text, lookup->tally, word);
	} while (more);
}

static void look_for_words(const struct source_text *text, void *arg)
{
	const struct lookup *lookup = arg;
	const char *start = text->text.buf;

	for (const char *p = start; text->is_hint && start && (p = strstr(p, lookup->before));) {
		bool begins = p == start || strchr(" (", p[-1]);

		p += strlen(lookup->before);
		if (begins && (lookup->several || !strstr(start, " install ")))
			check_words(text, lookup, p);
	}
}

static void packages_and_targets_exist(void **state)
{
	_cleanup_(strbuf_release) struct strbuf makefile = STRBUF_INIT;
	struct tally tally = { 0 };
	struct lookup lookups[] = {
		{ "apt-get install ", is_package, true, NULL, &tally },
		{ "apt install ", is_package, true, NULL, &tally },
		{ "make ", is_target, false, NULL, &tally },
	};

	(void)state;
	assert_int_equal(fs_read("Makefile", &makefile, 0), 0);
	for (size_t i = 0; i < ARRAY_SIZE(lookups); i++) {
		lookups[i].makefile = makefile.buf;
		each_text_of_sources(look_for_words, &lookups[i]);
	}
	print_message("%zu packages and targets in hints\n", tally.others);
	assert_true(tally.others >= 5);
	if (tally.wrong.len)
		fail_msg("Neither known packages nor targets:\n%s", tally.wrong.buf);
	strbuf_release(&tally.wrong);
}

/* --- that this finds something -------------------------------------------------------------- */

static void what_is_wrong_is_found(void **state)
{
	static const char *const bad[] = {
		"outpost -b NAME vm up starts it",
		"outpost vm upp starts it",
		"outpost buidl makes it",
		"outpost kernel remove, then add it",
		"outpost kernel list RELEASE",
		"outpost board add.",
		"outpost test --no-such-option",
		"outpost vm up --kernel",
		"outpost doctor PATH",
		"outpost --json clean",
		"`outpost vm upp` starts it",
	};
	static const char *const good[] = {
		"outpost vm up starts it; more",
		"run outpost vm up --kernel newest takes it",
		"outpost -b BOARD kernel sync gets it",
		"outpost kernel remove %s, then add it",
		"Another outpost is there",
		"outpost board list shows the boards",
		"outpost %s --help",
		"outpost -b NAME takes another board",
		"`outpost vm up`, then `outpost test modules/hello` # a comment",
	};

	(void)state;
	log_set_level(LOG_LEVEL_NONE);
	for (size_t i = 0; i < ARRAY_SIZE(bad) + ARRAY_SIZE(good); i++) {
		bool is_bad = i < ARRAY_SIZE(bad);
		const char *words = is_bad ? bad[i] : good[i - ARRAY_SIZE(bad)];
		struct source_text text = { .file = "test", .text = STRBUF_INIT };
		struct tally tally = { 0 };

		strbuf_adds(&text.text, words);
		look_for_commands(&text, &tally);
		if (!tally.wrong.len == is_bad)
			fail_msg("'%s' is taken for %s: %s", words, is_bad ? "good" : "wrong",
				 tally.wrong.len ? tally.wrong.buf : "");
		strbuf_release(&text.text);
		strbuf_release(&tally.wrong);
	}
	log_set_level(LOG_LEVEL_INFO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_wrong_is_found),
		cmocka_unit_test(every_command_in_messages_can_be_given),
		cmocka_unit_test(every_command_in_the_documentation_can_be_given),
		cmocka_unit_test(every_option_is_one),
		cmocka_unit_test(packages_and_targets_exist),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
