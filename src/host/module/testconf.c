// SPDX-License-Identifier: GPL-2.0-only
#include "host/module/testconf.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/options.h"
#include "common/strv.h"

#include <errno.h>
#include <ini.h>
#include <string.h>

/* Defaults; testconf.h says what each limits. */
#define LOAD_TIMEOUT_MS   (10 * 1000)
#define TEST_TIMEOUT_MS   (30 * 1000)
#define UNLOAD_TIMEOUT_MS (10 * 1000)
#define SETTLE_MS         50

enum key_type {
	KEY_STRING,
	KEY_WORDS_STRING, /* kept as it is, but its quotes must match */
	KEY_WORDS,
	KEY_NAMES, /* separated by commas or blanks */
	KEY_LINES, /* each use adds one */
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
	KEY("depends", KEY_NAMES, depends, "names of modules, separated by commas"),
	KEY("program", KEY_STRING, program, "the path of a program, such as test/foo.c"),
	KEY("args", KEY_WORDS, args, "arguments separated by blanks, with quotes closed"),
	KEY("log", KEY_LINES, log_lines, "text that must appear in the kernel log"),
	KEY("skip", KEY_STRING, skip, "a reason"),
	KEY("load_timeout", KEY_LIMIT, load_timeout_ms,
	    "a duration above zero such as 10s or 500ms"),
	KEY("timeout", KEY_LIMIT, test_timeout_ms, "a duration above zero such as 30s or 2m"),
	KEY("unload_timeout", KEY_LIMIT, unload_timeout_ms, "a duration above zero such as 10s"),
	KEY("settle", KEY_DURATION, settle_ms, "a duration such as 50ms, or 0"),
};

/* What the parser's callback needs to know. */
struct reader {
	struct test_config *config; /* of the module asked for */
	struct test_config other;   /* of all others: checked too, then forgotten */
	const char *path;
	const char *name;
	bool failed;
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

/* Takes one word from *text, which stands at it. */
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

static void say_unknown_key(const char *path, const char *name)
{
	_cleanup_(strbuf_release) struct strbuf known = STRBUF_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		strbuf_addf(&known, "%s%s", i ? ", " : "", keys[i].name);
	log_error("%s: there is no key %s.", path, name);
	log_hint("The keys are %s.", known.buf);
}

/* The kernel takes dashes in a module's name for underscores. */
static bool same_module(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if (*a != *b && !(strchr("-_", *a) && strchr("-_", *b)))
			return false;
	return *a == *b;
}

/* For libinih: 0 stops. */
static int on_key(void *arg, const char *section, const char *name, const char *value)
{
	struct reader *reader = arg;
	const struct key *key = find_key(name);
	bool ours = !*section || same_module(section, reader->name);

	if (reader->failed)
		return 0;
	reader->failed = true;
	if (!key) {
		say_unknown_key(reader->path, name);
		return 0;
	}
	if (set_key(key, ours ? reader->config : &reader->other, value) < 0) {
		log_error("%s: %s = %s is not valid: expected %s.", reader->path, name, value,
			  key->expected);
		return 0;
	}
	reader->failed = false;
	return 1;
}

int test_config_read(struct test_config *config, const char *path, const char *name)
{
	struct reader reader = { .config = config, .path = path, .name = name };
	int r;

	if (!fs_exists(path))
		return 0;
	r = ini_parse(path, on_key, &reader);
	test_config_release(&reader.other);
	if (reader.failed)
		return -EINVAL;
	if (r > 0) {
		log_error("%s:%d: this is neither [module] nor key = value, or it is too long.",
			  path, r);
		return -EINVAL;
	}
	return r < 0 ? log_error_errno(-EACCES, "Cannot read %s", path) : 0;
}
