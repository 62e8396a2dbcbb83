// SPDX-License-Identifier: GPL-2.0-only
#include "host/build/messages.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "host/base/paths.h"

#include <ctype.h>
#include <string.h>

#define TAIL_LINES 15

void messages_release(struct messages *messages)
{
	strbuf_release(&messages->text);
	free(messages->first_error);
	messages->first_error = NULL;
}

char *path_shown(const char *path)
{
	_cleanup_free_ char *cwd = getcwd(NULL, 0);
	size_t n = cwd ? strlen(cwd) : 0;

	if (!cwd || strncmp(path, cwd, n) != 0 || n == 1)
		return xstrdup(path);
	if (path[n] == '\0')
		return xstrdup(".");
	return xstrdup(path[n] == '/' ? path + n + 1 : path);
}

/* --- paths --------------------------------------------------------------------- */

static bool ends_path(char c)
{
	return c == '\0' || isspace((unsigned char)c) || strchr(":,;'\"`()[]", c);
}

/* Length of `dir` if `p` is a path below it, else 0. */
static size_t match_dir(const char *p, const char *end, const char *dir)
{
	size_t n = dir ? strlen(dir) : 0;

	return n && (size_t)(end - p) > n && strncmp(p, dir, n) == 0 && p[n] == '/' ? n : 0;
}

static void add_shown(const struct path_map *map, const char *rest, size_t n, struct strbuf *out)
{
	if (strcmp(map->shown, ".") != 0)
		strbuf_addf(out, "%s/", map->shown);
	strbuf_add(out, rest, n);
}

static bool user_has(const struct path_map *map, const char *rest, size_t n)
{
	_cleanup_free_ char *name = xstrndup(rest, n);
	_cleanup_free_ char *path = path_join(map->user, name, NULL);

	return fs_exists(path);
}

void path_map_text(const struct path_map *map, const char *text, size_t n, struct strbuf *out)
{
	const char *end = text + n;

	for (const char *p = text; p < end;) {
		size_t dir = *p == '/' ? match_dir(p, end, map->copy) : 0;
		const char *made = map->copy; /* under whichever name */
		size_t length;

		if (!dir && *p == '/')
			dir = match_dir(p, end, map->alias);
		if (!dir && *p == '/')
			dir = match_dir(p, end, made = map->user);
		if (!dir) {
			strbuf_addch(out, *p++);
			continue;
		}
		for (length = dir + 1; p + length < end && !ends_path(p[length]);)
			length++;
		if (user_has(map, p + dir + 1, length - dir - 1))
			add_shown(map, p + dir + 1, length - dir - 1, out);
		else
			strbuf_addf(out, "%s%.*s", made, (int)(length - dir), p + dir);
		p += length;
	}
}

/* Since Linux 6.13 the compiler runs in the folder itself, and prints relative file names. */
static void map_line(const struct path_map *map, const char *line, size_t n, struct strbuf *out)
{
	size_t name = 0;

	while (name < n && !ends_path(line[name]))
		name++;
	if (name && name < n && line[0] != '/' && line[name] == ':' && user_has(map, line, name)) {
		add_shown(map, line, name, out);
		line += name;
		n -= name;
	}
	path_map_text(map, line, n, out);
}

/* --- classifying lines ----------------------------------------------------------------- */

enum line_kind {
	LINE_NOISE,
	LINE_LEAD, /* precedes a message: "In file included from", "In function" */
	LINE_ERROR,
	LINE_WARNING,
	LINE_NOTE, /* belongs to the previous message */
};

static bool starts(const char *line, const char *prefix)
{
	return strncmp(line, prefix, strlen(prefix)) == 0;
}

/* The text after "name:", "name:12:" or "name:12:3:", or NULL. */
static const char *after_place(const char *line)
{
	const char *p = line;

	while (*p && *p != ':' && !isspace((unsigned char)*p))
		p++;
	if (p == line || *p != ':')
		return NULL;
	p++;
	for (int i = 0; i < 2 && isdigit((unsigned char)*p); i++) {
		p += strspn(p, "0123456789");
		if (*p != ':')
			return NULL;
		p++;
	}
	return *p == ' ' ? p + 1 : NULL;
}

static bool is_linker(const char *line)
{
	size_t n = strcspn(line, ": ");
	size_t name = n;

	while (name > 0 && line[name - 1] != '/' && line[name - 1] != '-')
		name--;
	return line[n] == ':' && ((n - name == 2 && strncmp(line + name, "ld", 2) == 0) ||
				  (n - name == 6 && strncmp(line + name, "ld.", 3) == 0));
}

static enum line_kind classify_place(const char *line)
{
	const char *text = after_place(line);

	if (!text)
		return LINE_NOISE;
	if (starts(text, "error:") || starts(text, "fatal error:") || starts(text, "Error:"))
		return LINE_ERROR;
	if (starts(text, "warning:") || starts(text, "Warning:"))
		return LINE_WARNING;
	if (starts(text, "note:"))
		return LINE_NOTE;
	if (starts(text, "In function") || starts(text, "At top level") || starts(text, "In "))
		return LINE_LEAD;
	if (starts(text, "*** ") &&
	    !starts(line, "make")) /* from a makefile; make's own "Error 1" is only a consequence */
		return LINE_ERROR;
	if (starts(text, "undefined reference") || starts(text, "not found"))
		return LINE_ERROR;
	return LINE_NOISE;
}

static enum line_kind classify(const char *line)
{
	enum line_kind kind;

	if (starts(line, "ERROR: "))
		return LINE_ERROR;
	if (starts(line, "WARNING: "))
		return LINE_WARNING;
	if (starts(line, "In file included from ") || starts(line, "                 from "))
		return LINE_LEAD;
	kind = classify_place(line);
	if (kind != LINE_NOISE)
		return kind;
	if (strstr(line, "*** No rule to make target") ||
	    (starts(line, "/bin/sh: ") && strstr(line, ": not found")) || is_linker(line))
		return LINE_ERROR;
	return LINE_NOISE;
}

/* "   12 |  code", "      |  ^~~~": what GCC prints below a message. */
static bool is_caret_line(const char *line)
{
	const char *p = line + strspn(line, " ");

	p += strspn(p, "0123456789+");
	p += strspn(p, " ");
	return *p == '|' && p > line;
}

struct reader {
	struct messages *messages;
	const struct path_map *map;
	struct strbuf lead; /* lines that belong to the next message */
	bool in_message;
};

static void add_line(struct reader *r, const char *line)
{
	map_line(r->map, line, strlen(line), &r->messages->text);
	strbuf_addch(&r->messages->text, '\n');
}

static void begin_message(struct reader *r, const char *line, bool error)
{
	strbuf_add(&r->messages->text, r->lead.buf, r->lead.len);
	strbuf_reset(&r->lead);
	if (error && !r->messages->first_error) {
		struct strbuf first = STRBUF_INIT;

		map_line(r->map, line, strlen(line), &first);
		r->messages->first_error = strbuf_detach(&first);
	}
	if (error)
		r->messages->errors++;
	else
		r->messages->warnings++;
	r->in_message = true;
	add_line(r, line);
}

static void take_line(struct reader *r, const char *line)
{
	enum line_kind kind = r->in_message && is_caret_line(line) ? LINE_NOTE : classify(line);

	if (kind == LINE_ERROR || kind == LINE_WARNING) {
		begin_message(r, line, kind == LINE_ERROR);
	} else if (kind == LINE_NOTE && r->in_message) {
		strbuf_add(&r->messages->text, r->lead.buf, r->lead.len);
		strbuf_reset(&r->lead);
		add_line(r, line);
	} else if (kind == LINE_LEAD) {
		map_line(r->map, line, strlen(line), &r->lead);
		strbuf_addch(&r->lead, '\n');
	} else {
		r->in_message = false;
		strbuf_reset(&r->lead);
	}
}

/* For an unknown kind of failure, takes the end of the output. */
static void take_tail(struct reader *r, const char *output)
{
	const char *p = output + strlen(output);

	for (int lines = 0; p > output && lines <= TAIL_LINES; p--)
		lines += p[-1] == '\n';
	if (p > output)
		p += 2;
	path_map_text(r->map, p, strlen(p), &r->messages->text);
}

void messages_read(struct messages *messages, const struct path_map *map, const char *output,
		   bool failed)
{
	_cleanup_free_ char *copy = xstrdup(output);
	struct reader reader = { .messages = messages, .map = map, .lead = STRBUF_INIT };
	char *rest = copy;

	for (char *line; (line = strsep(&rest, "\n"));)
		take_line(&reader, line);
	strbuf_release(&reader.lead);
	if (failed && messages->errors == 0)
		take_tail(&reader, output);
}
