// SPDX-License-Identifier: GPL-2.0-only
#include "host/base/json_make.h"
#include "host/build/compdb.h"

#include "common/alloc.h"
#include "common/beneath.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/strv.h"
#include "host/base/paths.h"

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <jansson.h>
#include <string.h>

/*
 * A build may leave as many of these files as it likes. 1500 objects of a graphics driver have 110 MB.
 * A longer command could not be started: make passes it to a shell as one word.
 */
#define CMD_FILE_MAX (8 * 1024 * 1024)
#define ALL_MAX      (256 * 1024 * 1024)
#define COMMAND_MAX  (128 * 1024)

void compdb_entry_release(struct compdb_entry *entry)
{
	free(entry->command);
	free(entry->file);
	*entry = (struct compdb_entry){ 0 };
}

/* Undoes make's and the shell's escapes, as in Kbuild.include. */
static char *unescape(const char *text, size_t n)
{
	struct strbuf sb = STRBUF_INIT;

	for (size_t i = 0; i < n;) {
		if (n - i >= 8 && strncmp(text + i, "$(pound)", 8) == 0) {
			strbuf_addch(&sb, '#');
			i += 8;
		} else if (n - i >= 2 && strncmp(text + i, "$$", 2) == 0) {
			strbuf_addch(&sb, '$');
			i += 2;
		} else {
			strbuf_addch(&sb, text[i++]);
		}
	}
	return strbuf_detach(&sb);
}

static bool ends_with(const char *text, size_t n, const char *end)
{
	size_t length = strlen(end);

	return n > length && strncmp(text + n - length, end, length) == 0;
}

int compdb_parse(const char *text, struct compdb_entry *entry)
{
	const char *line =
		strncmp(text, "savedcmd_", 9) == 0 || strncmp(text, "cmd_", 4) == 0 ? text : NULL;
	const char *command = line ? strstr(line, " := ") : NULL, *end, *file;
	const char *newline = strchr(text, '\n');

	*entry = (struct compdb_entry){ 0 };
	if (!newline)
		newline = text + strlen(text);
	if (!command || command > newline || !ends_with(line, (size_t)(command - line), ".o"))
		return -ENOENT;
	command += 4;
	end = strstr(command, " ;");
	if (!end || end > newline)
		end = newline;
	if (end - command > COMMAND_MAX)
		return -ENOENT;
	while (end > command && isspace((unsigned char)end[-1]))
		end--;
	for (file = end; file > command && file[-1] != ' ';)
		file--;
	if (!ends_with(file, (size_t)(end - file), ".c") &&
	    !ends_with(file, (size_t)(end - file), ".S"))
		return -ENOENT; /* linking, or an archive */
	entry->command = unescape(command, (size_t)(end - command));
	entry->file = xstrndup(file, (size_t)(end - file));
	return 0;
}

/* --- walking ---------------------------------------------------------------------- */

struct visitor {
	void (*file)(struct visitor *v, const char *text);
	const struct path_map *map;
	int copy;
	const char *tree;
	json_t *list;
	void (*dep)(const char *path, void *arg);
	void *arg;
};

/* 0, or -EFBIG if there is too much to read. */
static int walk(struct visitor *v)
{
	_cleanup_strv_ char **names = beneath_find(v->copy, "", ".*.o.cmd");
	size_t all = 0;

	strv_foreach (name, names) {
		_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;

		if (beneath_read(v->copy, *name, &text, CMD_FILE_MAX) < 0)
			continue;
		all += text.len + 1;
		if (all > ALL_MAX)
			return -EFBIG;
		v->file(v, text.buf);
	}
	return 0;
}

/*
 * An option that makes file names independent of the host, which readers on this host do not
 * need.
 */
static bool is_prefix_map(const char *word)
{
	return fnmatch("-f*-prefix-map=*", word, 0) == 0;
}

/* Uses the real path: the alias may lead elsewhere later. */
static void add_made(const struct path_map *map, const char *word, struct strbuf *out)
{
	const char *at = map->alias ? strstr(word, map->alias) : NULL;

	if (at)
		strbuf_addf(out, "%.*s%s%s", (int)(at - word), word, map->copy,
			    at + strlen(map->alias));
	else
		strbuf_adds(out, word);
}

/* Paths of objects stay in the copy, because an editor's tools may run the command. */
static char *map_command(const struct path_map *map, const char *command)
{
	_cleanup_free_ char *copy = xstrdup(command);
	struct strbuf out = STRBUF_INIT;
	char *rest = copy;

	for (char *word; (word = strsep(&rest, " "));) {
		size_t n = strlen(word);

		if (is_prefix_map(word))
			continue;
		if (out.len)
			strbuf_addch(&out, ' ');
		if (ends_with(word, n, ".o") || ends_with(word, n, ".d"))
			add_made(map, word, &out);
		else
			path_map_text(map, word, n, &out);
	}
	return strbuf_detach(&out);
}

static bool is_source(const struct path_map *map, const char *file)
{
	return strncmp(file, map->user, strlen(map->user)) == 0 ||
	       strncmp(file, map->copy, strlen(map->copy)) == 0;
}

static void add_command(struct visitor *v, const char *text)
{
	_cleanup_(strbuf_release) struct strbuf file = STRBUF_INIT;
	_cleanup_free_ char *command = NULL, *in_copy = NULL;
	struct compdb_entry entry;
	bool relative;

	if (compdb_parse(text, &entry) < 0)
		return;
	in_copy = path_join(v->map->copy, entry.file, NULL);
	/* Since 6.13 the compiler runs in the folder itself. */
	relative = *entry.file != '/' &&
		   (strncmp(entry.file, "../", 3) == 0 || beneath_exists(v->copy, entry.file));
	path_map_text(v->map, relative ? in_copy : entry.file,
		      strlen(relative ? in_copy : entry.file), &file);
	if (ends_with(file.buf, file.len, ".mod.c") || !is_source(v->map, file.buf)) {
		compdb_entry_release(&entry); /* kbuild's own file, which nobody edits */
		return;
	}
	command = map_command(v->map, entry.command);
	json_array_append_new(v->list, object_json("{s:s, s:s, s:s}", "directory",
						   relative ? v->map->copy : v->tree, "command",
						   command, "file", file.buf));
	compdb_entry_release(&entry);
}

int compdb_write(const struct path_map *map, int copy, const char *tree, const char *path)
{
	json_auto_t *list = json_array();
	struct path_map absolute = { map->copy, map->alias, map->user, map->user };
	struct visitor v = {
		.file = add_command, .map = &absolute, .copy = copy, .tree = tree, .list = list
	};

	int r = walk(&v);

	if (r < 0)
		return r;
	return json_dump_file(list, path, JSON_INDENT(1)) < 0 ? -EIO : 0;
}

int compdb_merge(char *const *paths, const char *to)
{
	json_auto_t *all = json_array();
	_cleanup_free_ char *text = NULL;

	strv_foreach (path, paths) {
		json_auto_t *list = json_load_file(*path, 0, NULL);

		if (list)
			json_array_extend(all, list);
	}
	text = json_dumps(all, JSON_INDENT(1));
	return text ? fs_write_atomic(to, text, strlen(text), 0644) : -ENOMEM;
}

/* "deps_foo.o := \", then one file per line; $(wildcard ...) stands for a config option. */
static void visit_deps(struct visitor *v, const char *text)
{
	const char *start = strstr(text, "\ndeps_");
	_cleanup_free_ char *copy =
		start ? xstrdup(strchr(start, '=') ? strchr(start, '=') + 1 : "") : NULL;
	char *rest = copy;

	for (char *line; copy && (line = strsep(&rest, "\n"));) {
		line += strspn(line, " \\");
		line[strcspn(line, " \\")] = '\0';
		if (!*line && rest && *rest != ' ')
			return;
		if (*line && *line != '$')
			v->dep(line, v->arg);
	}
}

void compdb_each_dep(int copy, void (*fn)(const char *path, void *arg), void *arg)
{
	struct visitor v = { .file = visit_deps, .copy = copy, .dep = fn, .arg = arg };

	(void)walk(&v);
}
