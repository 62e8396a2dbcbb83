// SPDX-License-Identifier: GPL-2.0-only
#include "host/kernel/exports.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/fs_walk.h"
#include "common/log.h"
#include "common/strbuf.h"
#include "common/text.h"
#include "host/base/name_tree.h"
#include "host/base/paths.h"

#include <ctype.h>
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_LENGTH 128
#define DEFAULT_SPACE   "DEFAULT_SYMBOL_NAMESPACE"

struct exports {
	void *tree; /* struct exported, for tsearch(3) */
};

/* A macro, and the names that it derives from its argument. */
static const struct macro {
	const char *name;
	const char *prefixes[3];
	bool gpl;
	const char *name_space; /* NULL: the macro's second argument, or the default */
} macros[] = {
	{ "EXPORT_SYMBOL", { "" }, false },
	{ "EXPORT_SYMBOL_GPL", { "" }, true },
	{ "EXPORT_SYMBOL_NS", { "" }, false },
	{ "EXPORT_SYMBOL_NS_GPL", { "" }, true },
	{ "EXPORT_SYMBOL_NOKASAN", { "" }, false },
	{ "ACPI_EXPORT_SYMBOL", { "" }, false },
	{ "ACPI_EXPORT_SYMBOL_INIT", { "" }, false },
	{ "EXPORT_SYMBOL_ACPI_LIB", { "" }, true, "ACPI" },
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
	return name_tree_find(exports->tree, name);
}

static void add(struct exports *exports, const char *prefix, struct text name, struct text space,
		bool gpl)
{
	struct exported *e = xcalloc(1, sizeof(*e)), **at;

	e->name = xasprintf("%s%.*s", prefix, (int)name.n, name.p);
	e->name_space = xstrndup(space.n ? space.p : "", space.n);
	e->gpl = gpl;
	at = tsearch(e, &exports->tree, name_tree_compare);
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

/* "(name)" or "(name, NAMESPACE)"; since Linux 6.13 the namespace is in quotes. */
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

/* Is this the definition of such a macro? */
static bool is_directive(const char *text, const char *at)
{
	while (at > text && at[-1] != '\n')
		at--;
	return *at == '#';
}

/* What follows DEFAULT_SYMBOL_NAMESPACE: X, "X", =X, ='"X"'. */
static struct text take_default(struct text rest)
{
	while (rest.n && strchr(" \t='\"\\", *rest.p))
		text_skip(&rest, 1);
	return take_word(&rest);
}

/* The last #define counts; definitions from included files are undefined first. */
static struct text default_of(struct text text, const char *otherwise)
{
	struct text space = { otherwise, strlen(otherwise) }, rest = text;

	while (text_after(rest, "#define " DEFAULT_SPACE, &rest))
		space = take_default(rest);
	return space;
}

char *exports_makefile(const char *text)
{
	struct text rest = { text, strlen(text) }, line;

	while (text_line(&rest, &line)) {
		struct text flag;

		if ((text_starts(line, "ccflags-y") || text_starts(line, "subdir-ccflags-y")) &&
		    text_after(line, "-D" DEFAULT_SPACE, &flag)) {
			flag = take_default(flag);
			return xstrndup(flag.p, flag.n);
		}
	}
	return NULL;
}

static void take_export(struct exports *exports, struct text word, struct text name,
			struct text space, struct text otherwise)
{
	for (size_t i = 0; i < ARRAY_SIZE(macros); i++) {
		const struct macro *m = &macros[i];

		if (word.n != strlen(m->name) || memcmp(word.p, m->name, word.n) != 0)
			continue;
		if (m->name_space)
			space = (struct text){ m->name_space, strlen(m->name_space) };
		for (size_t k = 0; k < ARRAY_SIZE(m->prefixes) && m->prefixes[k]; k++)
			add(exports, m->prefixes[k], name, space.n ? space : otherwise, m->gpl);
	}
}

void exports_parse(struct exports *exports, const char *text, size_t n, const char *name_space)
{
	static const char begin[] = "EXPORT_";
	struct text rest = { text, n }, word, name, space;
	struct text otherwise = default_of(rest, name_space);
	const char *at;

	while ((at = memmem(rest.p, rest.n, begin, strlen(begin)))) {
		while (at > rest.p && is_word(at[-1]))
			at--; /* the whole word */
		text_skip(&rest, (size_t)(at - rest.p));
		word = take_word(&rest);
		if (!is_directive(text, at) && take_arguments(&rest, &name, &space))
			take_export(exports, word, name, space, otherwise);
	}
}

/* --- a whole tree ---------------------------------------------------------------------- */

/* For the folder that contains `path`; freed by the caller. */
static char *default_of_folder(const char *path)
{
	_cleanup_free_ char *folder = xstrndup(path, (size_t)(strrchr(path, '/') - path)),
			    *makefile = path_join(folder, "Makefile", NULL);
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;

	return fs_read(makefile, &text, 1 << 20) < 0 ? NULL : exports_makefile(text.buf);
}

static int scan_file(struct exports *exports, const char *path)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	_cleanup_free_ char *name_space = NULL;
	int r = fs_read(path, &text, 32 << 20);

	if (r < 0 || !memmem(text.buf, text.len, "EXPORT_", 7))
		return r;
	name_space = default_of_folder(path);
	exports_parse(exports, text.buf, text.len, name_space ? name_space : "");
	return 0;
}

static int see(const struct fs_entry *entry, void *exports)
{
	static const char *const others[] = { "Documentation", "tools", "samples", ".git",
					      "scripts" };
	bool folder = entry->kind == FS_FOLDER;

	for (size_t i = 0; folder && i < ARRAY_SIZE(others); i++)
		if (strcmp(entry->below, others[i]) == 0)
			return FS_SKIP;
	if (folder && entry->level == 2 && strncmp(entry->below, "arch/", 5) == 0 &&
	    strcmp(entry->name, "arm64") != 0)
		return FS_SKIP;
	if (entry->kind != FS_FILE ||
	    (!text_ends_with(entry->name, ".c") && !text_ends_with(entry->name, ".S")))
		return 0;
	return scan_file(exports, entry->path);
}

int exports_scan(struct exports *exports, const char *dir)
{
	int r = fs_walk(dir, FS_FOLDER_FIRST, see, exports);

	return r < 0 ? log_error_errno(r, "Cannot read the sources in %s", dir) : 0;
}
