// SPDX-License-Identifier: GPL-2.0-only
#include "host/exports.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"

#include <ctype.h>
#include <errno.h>
#include <ftw.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_LENGTH 128

struct exports {
	void *tree; /* of struct exported, for tsearch(3) */
	size_t root_length;
};

/* A macro, and the names that it makes of its argument. */
static const struct macro {
	const char *name;
	const char *prefixes[3];
	bool gpl;
} macros[] = {
	{ "EXPORT_SYMBOL", { "" }, false },
	{ "EXPORT_SYMBOL_GPL", { "" }, true },
	{ "EXPORT_SYMBOL_NS", { "" }, false },
	{ "EXPORT_SYMBOL_NS_GPL", { "" }, true },
	{ "EXPORT_SYMBOL_NOKASAN", { "" }, false },
	{ "ACPI_EXPORT_SYMBOL", { "" }, false },
	{ "ACPI_EXPORT_SYMBOL_INIT", { "" }, false },
	{ "EXPORT_PER_CPU_SYMBOL", { "" }, false },
	{ "EXPORT_PER_CPU_SYMBOL_GPL", { "" }, true },
	{ "EXPORT_TRACEPOINT_SYMBOL",
	  { "__tracepoint_", "__traceiter_", "__SCK__tp_func_" },
	  false },
	{ "EXPORT_TRACEPOINT_SYMBOL_GPL",
	  { "__tracepoint_", "__traceiter_", "__SCK__tp_func_" },
	  true },
	{ "EXPORT_STATIC_CALL", { "__SCK__" }, false },
	{ "EXPORT_STATIC_CALL_GPL", { "__SCK__" }, true },
};

static int compare(const void *a, const void *b)
{
	const struct exported *x = a, *y = b;

	return strcmp(x->name, y->name);
}

struct exports *exports_new(void)
{
	return xcalloc(1, sizeof(struct exports));
}

static void free_one(void *p)
{
	struct exported *e = p;

	free(e->name);
	free(e->name_space);
	free(e);
}

void exports_free(struct exports *exports)
{
	tdestroy(exports->tree, free_one);
	free(exports);
}

const struct exported *exports_find(const struct exports *exports, const char *name)
{
	struct exported key = { .name = (char *)name };
	void *const *node = tfind(&key, (void *const *)&exports->tree, compare);

	return node ? *node : NULL;
}

static void add(struct exports *exports, const char *prefix, struct text name, struct text space,
		bool gpl)
{
	struct exported *e = xcalloc(1, sizeof(*e)), **at;

	e->name = xasprintf("%s%.*s", prefix, (int)name.n, name.p);
	e->name_space = xstrndup(space.n ? space.p : "", space.n);
	e->gpl = gpl;
	at = tsearch(e, &exports->tree, compare);
	if (*at == e)
		return;
	(*at)->gpl |= gpl;
	free_one(e);
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static struct text take_word(struct text *rest)
{
	struct text word = { rest->p, 0 };

	while (word.n < rest->n && is_word(rest->p[word.n]))
		word.n++;
	text_skip(rest, word.n);
	return word;
}

static void skip_blanks(struct text *rest)
{
	while (rest->n && (isspace((unsigned char)*rest->p) || *rest->p == '"'))
		text_skip(rest, 1);
}

/* "(name)" or "(name, NAMESPACE)", since Linux 6.13 with the namespace in quotes. */
static bool take_arguments(struct text *rest, struct text *name, struct text *space)
{
	*space = (struct text){ 0 };
	skip_blanks(rest);
	if (!rest->n || *rest->p != '(')
		return false;
	text_skip(rest, 1);
	skip_blanks(rest);
	*name = take_word(rest);
	skip_blanks(rest);
	if (rest->n && *rest->p == ',') {
		text_skip(rest, 1);
		skip_blanks(rest);
		*space = take_word(rest);
		skip_blanks(rest);
	}
	return name->n && name->n < NAME_MAX_LENGTH && rest->n && *rest->p == ')';
}

/* Is this a definition of such a macro? */
static bool is_directive(const char *text, const char *at)
{
	while (at > text && at[-1] != '\n')
		at--;
	return *at == '#';
}

void exports_parse(struct exports *exports, const char *text, size_t n)
{
	static const char begin[] = "EXPORT_";
	struct text rest = { text, n }, word, name, space;
	const char *at;

	while ((at = memmem(rest.p, rest.n, begin, strlen(begin)))) {
		while (at > rest.p && is_word(at[-1]))
			at--; /* the whole word */
		text_skip(&rest, (size_t)(at - rest.p));
		word = take_word(&rest);
		if (is_directive(text, at) || !take_arguments(&rest, &name, &space))
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(macros); i++)
			for (size_t k = 0; word.n == strlen(macros[i].name) &&
					   memcmp(word.p, macros[i].name, word.n) == 0 && k < 3;
			     k++)
				if (macros[i].prefixes[k])
					add(exports, macros[i].prefixes[k], name, space,
					    macros[i].gpl);
	}
}

/* --- a whole tree ---------------------------------------------------------------------- */

/* nftw() has no argument for its function. */
static struct exports *scanning;

static int see(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	static const char *const not [] = { "Documentation", "tools", "samples", ".git",
					    "scripts" };
	const char *below = path + scanning->root_length + 1, *name = path + ftw->base;
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	size_t n = strlen(name);
	int r;

	(void)st;
	for (size_t i = 0; flag == FTW_D && ftw->level == 1 && i < ARRAY_SIZE(not ); i++)
		if (strcmp(below, not [i]) == 0)
			return FTW_SKIP_SUBTREE;
	if (flag == FTW_D && ftw->level == 2 && strncmp(below, "arch/", 5) == 0 &&
	    strcmp(name, "arm64") != 0)
		return FTW_SKIP_SUBTREE;
	if (flag != FTW_F || n < 3 ||
	    (strcmp(name + n - 2, ".c") != 0 && strcmp(name + n - 2, ".S") != 0))
		return FTW_CONTINUE;
	r = fs_read(path, &text, 32 << 20);
	if (r == 0)
		exports_parse(scanning, text.buf, text.len);
	return r < 0 ? r : FTW_CONTINUE;
}

int exports_scan(struct exports *exports, const char *dir)
{
	int r;

	scanning = exports;
	exports->root_length = strlen(dir);
	r = nftw(dir, see, 32, FTW_PHYS | FTW_MOUNT | FTW_ACTIONRETVAL);
	if (r == -1)
		r = -errno;
	return r < 0 ? log_error_errno(r, "Cannot read the sources in %s", dir) : 0;
}
