// SPDX-License-Identifier: GPL-2.0-only
#include "host/build/probe.h"

#include "common/cleanup.h"
#include "common/strbuf.h"

#include <ctype.h>
#include <string.h>

#define TEMPORARY '\1' /* stands for $TMP in a word */

/* --- the shell's words ------------------------------------------------------------ */

enum token { END, WORD, OPERATOR, REDIRECT, STRANGE };

struct scanner {
	const char *p;
	struct strbuf word; /* the last word, without quotes */
};

static void scanner_release(struct scanner *s)
{
	strbuf_release(&s->word);
}

/* At "$": kbuild's temporary file, or its object. */
static bool take_variable(struct scanner *s)
{
	size_t n = strncmp(s->p, "$TMPO", 5) == 0 ? 5 : 4;

	if (strncmp(s->p, "$TMP", 4) != 0 || isalnum((unsigned char)s->p[n]) || s->p[n] == '_')
		return false;
	strbuf_addch(&s->word, TEMPORARY);
	s->p += n;
	return true;
}

/* At a quote. */
static bool take_quoted(struct scanner *s)
{
	char quote = *s->p++;

	while (*s->p && *s->p != quote) {
		if (quote == '"' && *s->p == '`')
			return false;
		if (quote == '"' && *s->p == '$') {
			if (!take_variable(s))
				return false;
			continue;
		}
		if (quote == '"' && *s->p == '\\' && s->p[1])
			strbuf_addch(&s->word, *s->p++);
		strbuf_addch(&s->word, *s->p++);
	}
	return *s->p++ == quote;
}

static enum token take_word(struct scanner *s)
{
	while (*s->p && !strchr(" \t|&;>", *s->p)) {
		bool fine = true;

		if (*s->p == '\'' || *s->p == '"')
			fine = take_quoted(s);
		else if (*s->p == '$')
			fine = take_variable(s);
		else if (strchr("\\`()<*?[]{}~#!\n", *s->p))
			fine = false;
		else
			strbuf_addch(&s->word, *s->p++);
		if (!fine)
			return STRANGE;
	}
	return WORD;
}

static enum token next_token(struct scanner *s)
{
	static const char *const operators[] = { "||", "&&", "|", ";" };

	strbuf_reset(&s->word);
	s->p += strspn(s->p, " \t");
	if (!*s->p)
		return END;
	for (size_t i = 0; i < ARRAY_SIZE(operators); i++) {
		size_t n = strlen(operators[i]);

		if (strncmp(s->p, operators[i], n) == 0) {
			s->p += n;
			return OPERATOR;
		}
	}
	if (*s->p == '>') {
		s->p++;
		return REDIRECT;
	}
	return *s->p == '&' ? STRANGE : take_word(s);
}

/* --- what commands do ----------------------------------------------------------------- */

enum kind { UNKNOWN, PRINTS, SEARCHES, READS };

struct command {
	const char *compiler, *cross_prefix;
	enum kind kind;
	size_t operands;
	bool takes_name; /* the previous word says that this one is not a file */
};

static bool is_binutil(const struct command *c, const char *word)
{
	static const char *const names[] = { "as", "ld", "nm", "objdump", "readelf" };
	size_t n = strlen(c->cross_prefix);

	if (strncmp(word, c->cross_prefix, n) != 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(word + n, names[i]) == 0)
			return true;
	return false;
}

static enum kind kind_of(const struct command *c, const char *word)
{
	if (strcmp(word, "echo") == 0 || strcmp(word, "printf") == 0 || strcmp(word, "true") == 0)
		return PRINTS;
	if (strcmp(word, "grep") == 0)
		return SEARCHES;
	if (strcmp(word, "cmp") == 0 || strcmp(word, c->compiler) == 0 || is_binutil(c, word))
		return READS;
	return UNKNOWN;
}

/* Options that read a file. Folders of headers are harmless, as nothing includes one. */
static bool option_reads(const char *word)
{
	static const char *const readers[] = { "-include", "-imacros", "-fplugin", "-specs",
					       "--specs",  "-T",       "-B",       "--script" };

	for (size_t i = 0; i < ARRAY_SIZE(readers); i++)
		if (strncmp(word, readers[i], strlen(readers[i])) == 0)
			return true;
	return strchr(word, '/') && strncmp(word, "-I", 2) != 0 && !strstr(word, "-prefix-map=");
}

static bool is_no_file(const char *word)
{
	return *word == TEMPORARY || strcmp(word, "/dev/null") == 0;
}

static bool takes_name(const char *option)
{
	return strcmp(option, "-x") == 0 || strcmp(option, "-z") == 0 || strcmp(option, "-m") == 0;
}

static bool take_operand(struct command *c, const char *word)
{
	bool is_name = c->takes_name, is_first = c->operands++ == 0;

	c->takes_name = false;
	switch (c->kind) {
	case UNKNOWN:
		c->operands = 0;
		c->kind = kind_of(c, word);
		return c->kind != UNKNOWN;
	case PRINTS: /* a program without includes */
		return !strchr(word, '#') && !strstr(word, ".inc");
	case SEARCHES:
		if (*word != '-')
			return is_first || is_no_file(word);
		c->operands--;
		return word[strspn(word, "-EFciqvw")] == '\0';
	case READS:
		if (*word != '-')
			return is_name || is_no_file(word);
		c->takes_name = takes_name(word);
		return !option_reads(word);
	}
	return false;
}

bool probe_is_pure(const char *command, const char *compiler, const char *cross_prefix)
{
	_cleanup_(scanner_release) struct scanner s = { .p = command, .word = STRBUF_INIT };
	struct command c = { .compiler = compiler, .cross_prefix = cross_prefix };
	bool pure = true, redirected = false;

	for (enum token token; pure && (token = next_token(&s)) != END;) {
		if (token == WORD)
			pure = redirected ? is_no_file(s.word.buf) : take_operand(&c, s.word.buf);
		else
			pure = token != STRANGE && !redirected;
		if (token == OPERATOR)
			c = (struct command){ .compiler = compiler, .cross_prefix = cross_prefix };
		redirected = token == REDIRECT;
	}
	return pure && !redirected;
}

char *probe_command(const char *name)
{
	static const char codes[] = "~dhecntsolb", meant[] = "~$#=:\n\t ()\\";
	struct strbuf command = STRBUF_INIT;

	for (; *name; name++) {
		const char *code = *name == '~' ? strchr(codes, name[1] ? name[1] : '!') : NULL;

		if (*name == '~' ? !code : *name <= ' ' || *name > '~' || strchr(meant, *name)) {
			strbuf_release(&command);
			return NULL;
		}
		strbuf_addch(&command, code ? meant[code - codes] : *name);
		name += code != NULL;
	}
	return strbuf_detach(&command);
}
