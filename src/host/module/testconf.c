// SPDX-License-Identifier: GPL-2.0-only
#include "host/module/testconf.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/options.h"
#include "common/strv.h"
#include "host/base/ini.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

/* Defaults; see testconf.h for what each limits. */
#define LOAD_TIMEOUT_MS   (10 * 1000)
#define TEST_TIMEOUT_MS   (30 * 1000)
#define UNLOAD_TIMEOUT_MS (10 * 1000)
#define SETTLE_MS         50

enum key_type {
	KEY_STRING,
	KEY_WORDS_STRING, /* kept unchanged, but its quotes must match */
	KEY_WORDS,
	KEY_NAMES, /* separated by commas or blanks */
	KEY_LINES, /* may be repeated; each use adds one */
	KEY_LIMIT, /* a duration above zero */
	KEY_DURATION,
};

struct key {
	const char *name;
	enum key_type type;
	size_t offset;
	const char *expected;
};

/* clang-format off */
#define KEY(n, t, member, e) { n, t, offsetof(struct test_config, member), e }
/* clang-format on */

static const struct key keys[] = {
	KEY("params", KEY_WORDS_STRING, params,
	    "parameters such as a=1 b=\"two words\", with quotes closed"),
	KEY("depends", KEY_NAMES, depends, "module names separated by commas"),
	KEY("program", KEY_STRING, program, "the path of a program, such as test/foo.c"),
	KEY("args", KEY_WORDS, args, "arguments separated by blanks, with quotes closed"),
	KEY("log", KEY_LINES, log_lines, "text that must appear in the kernel log"),
	KEY("skip", KEY_STRING, skip, "a reason"),
	KEY("load_timeout", KEY_LIMIT, load_timeout_ms,
	    "a duration above zero, such as 10s or 500ms"),
	KEY("timeout", KEY_LIMIT, test_timeout_ms, "a duration above zero, such as 30s or 2m"),
	KEY("unload_timeout", KEY_LIMIT, unload_timeout_ms, "a duration above zero, such as 10s"),
	KEY("settle", KEY_DURATION, settle_ms, "a duration such as 50ms, or 0"),
};

struct reader {
	struct test_config *config; /* of the requested module */
	struct test_config other;   /* of all others: checked, then discarded */
	const char *name;
};

void test_config_init(struct test_config *config)
{
	*config = (struct test_config){
		.load_timeout_ms = LOAD_TIMEOUT_MS,
		.test_timeout_ms = TEST_TIMEOUT_MS,
		.unload_timeout_ms = UNLOAD_TIMEOUT_MS,
		.settle_ms = SETTLE_MS,
	};
}

void test_config_release(struct test_config *config)
{
	free(config->params);
	strv_free(config->depends);
	free(config->program);
	strv_free(config->args);
	strv_free(config->log_lines);
	free(config->skip);
	*config = (struct test_config){ 0 };
}

/* --- words ------------------------------------------------------------------- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* Takes the word at the start of *text. */
static int take_word(const char **text, struct strbuf *word)
{
	char quote = '\0';
	const char *s = *text;

	for (; *s && (quote || !is_blank(*s)); s++) {
		if (*s == '\\' && quote != '\'' && s[1])
			strbuf_addch(word, *++s);
		else if (quote && *s == quote)
			quote = '\0';
		else if (!quote && (*s == '"' || *s == '\''))
			quote = *s;
		else
			strbuf_addch(word, *s);
	}
	*text = s;
	return quote ? -EINVAL : 0;
}

int words_split(const char *text, char ***words)
{
	_cleanup_strv_ char **found = NULL;

	for (;;) {
		_cleanup_(strbuf_release) struct strbuf word = STRBUF_INIT;

		while (is_blank(*text))
			text++;
		if (!*text)
			break;
		if (take_word(&text, &word) < 0)
			return -EINVAL;
		strv_add(&found, word.buf);
	}
	*words = TAKE_PTR(found);
	return 0;
}

/* "a, b c" */
static int split_names(const char *text, char ***names)
{
	_cleanup_free_ char *copy = xstrdup(text);
	_cleanup_strv_ char **found = NULL;

	for (char *s = copy; *s; s++)
		if (*s == ',')
			*s = ' ';
	if (strpbrk(copy, "\"'\\/") || words_split(copy, &found) < 0 || !found)
		return -EINVAL;
	*names = TAKE_PTR(found);
	return 0;
}

/* --- keys -------------------------------------------------------------------- */

static int set_words(char ***list, const char *value, int (*split)(const char *, char ***))
{
	char **words = NULL;
	int r = split(value, &words);

	if (r < 0)
		return r;
	strv_free(*list);
	*list = words;
	return 0;
}

static int set_string(char **string, const char *value)
{
	free(*string);
	*string = xstrdup(value);
	return 0;
}

static int set_words_string(char **string, const char *value)
{
	_cleanup_strv_ char **words = NULL;

	return words_split(value, &words) < 0 ? -EINVAL : set_string(string, value);
}

static int set_key(const struct key *key, struct test_config *config, const char *value)
{
	void *field = (char *)config + key->offset;
	int ms;

	if (!*value && key->type != KEY_WORDS && key->type != KEY_WORDS_STRING)
		return -EINVAL;
	switch (key->type) {
	case KEY_STRING: return set_string(field, value);
	case KEY_WORDS_STRING: return set_words_string(field, value);
	case KEY_WORDS: return set_words(field, value, words_split);
	case KEY_NAMES: return set_words(field, value, split_names);
	case KEY_LINES: strv_add(field, value); return 0;
	case KEY_LIMIT:
	case KEY_DURATION:
		if (parse_duration_ms(value, &ms) < 0 || (key->type == KEY_LIMIT && ms < 1))
			return -EINVAL;
		*(int *)field = ms;
		return 0;
	}
	return -EINVAL;
}

static const struct key *find_key(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

/* Allowed before the first section and in each section. */
#define BOTH(name, flags)        \
	{ name, flags },         \
	{                        \
		"*." name, flags \
	}

static const struct ini_key ini_keys[] = {
	BOTH("params", INI_OPTIONAL),
	BOTH("depends", 0),
	BOTH("program", 0),
	BOTH("args", INI_OPTIONAL),
	BOTH("log", INI_REPEATS),
	BOTH("skip", 0),
	BOTH("load_timeout", 0),
	BOTH("timeout", 0),
	BOTH("unload_timeout", 0),
	BOTH("settle", 0),
	{ NULL },
};
_Static_assert(ARRAY_SIZE(ini_keys) == 2 * ARRAY_SIZE(keys) + 1, "each key must be in both tables");

/* The kernel treats dashes in a module's name as underscores. */
static const struct ini_syntax syntax = { .keys = ini_keys, .folds_dashes = true };

static bool same_module(const char *section, const char *name)
{
	for (; *section && *name; section++, name++)
		if (*section != (*name == '-' ? '_' : *name))
			return false;
	return *section == *name;
}

static int take_key(const struct ini_entry *e, void *arg)
{
	struct reader *reader = arg;
	bool ours = !*e->section || same_module(e->section, reader->name);
	const struct key *key = e->key ? find_key(e->key) : NULL;

	if (e->key && !key) /* "m.timeout" matches "*.timeout" of ini_keys */
		return ini_error(e, LOG_LEVEL_ERROR,
				 "unknown key \"%s\": to set \"%s\" for one module, write it below "
				 "[MODULE]",
				 e->key, strrchr(e->key, '.') + 1);
	if (!key || set_key(key, ours ? reader->config : &reader->other, e->value) == 0)
		return 0;
	return ini_error(e, LOG_LEVEL_ERROR, "%s = %s is not valid: it must be %s", e->key,
			 e->value, key->expected);
}

int test_config_read(struct test_config *config, const char *path, const char *name)
{
	struct reader reader = { .config = config, .name = name };
	int r = ini_read(path, &syntax, take_key, &reader);

	test_config_release(&reader.other);
	return r == -ENOENT ? 0 : r;
}

/* --- sections ------------------------------------------------------------------ */

static int check_section(const struct ini_entry *e, void *arg)
{
	_cleanup_(strbuf_release) struct strbuf known = STRBUF_INIT;
	char *const *names = arg;

	if (e->key)
		return 0;
	strv_foreach (name, names) {
		if (same_module(e->section, *name))
			return 0;
		strbuf_addf(&known, "%s%s", known.len ? ", " : "", *name);
	}
	return ini_error(
		e, LOG_LEVEL_ERROR,
		"unknown section [%s]: sections are named after the modules in this folder (%s)",
		e->section, known.buf);
}

int test_config_check_sections(const char *path, char *const *names)
{
	int r = ini_read(path, &syntax, check_section, (void *)(uintptr_t)names);

	return r == -ENOENT ? 0 : r;
}
