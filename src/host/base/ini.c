// SPDX-License-Identifier: GPL-2.0-only
/* Reads INI files. Lines are checked before libinih gets them, because it ignores errors. */
#include "host/base/ini_internal.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <string.h>

#define FILE_MAX    (1024 * 1024)
#define SECTION_MAX 49 /* libinih truncates longer names */

struct seen {
	char *name;
	int line;
};

struct reader {
	const struct ini_syntax *syntax;
	ini_fn fn;
	void *arg;
	const char *rest; /* what is left of the text; NULL: at the end */
	size_t n;
	char section[SECTION_MAX + 1];
	struct seen *seen;
	size_t n_seen;
	struct ini_entry at; /* the current line; its strings are set once they are known */
	int error;           /* the first error */
};

int ini_error(const struct ini_entry *entry, enum log_level level, const char *fmt, ...)
{
	_cleanup_(strbuf_release) struct strbuf sb = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&sb, fmt, ap);
	va_end(ap);
	log_message(level, "%s:%d: %s", entry->path, entry->line, sb.buf);
	return -EINVAL;
}

#define refuse(rd, ...) ini_error(&(rd)->at, (rd)->syntax->level, __VA_ARGS__)

/* --- entries ------------------------------------------------------------------------------ */

static int check_twice(struct reader *rd)
{
	const struct ini_key *key = ini_find_key(rd->syntax->keys, rd->at.name);

	if (!key || key->flags & INI_REPEATS)
		return 0;
	for (size_t i = 0; i < rd->n_seen; i++)
		if (strcmp(rd->seen[i].name, rd->at.name) == 0)
			return refuse(rd, "\"%s\" is set twice; first in line %d", rd->at.key,
				      rd->seen[i].line);
	GROW(rd->seen, rd->n_seen);
	rd->seen[rd->n_seen++] = (struct seen){ xstrdup(rd->at.name), rd->at.line };
	return 0;
}

/* The start of a section (`key` NULL), or one of its keys. */
static int take_entry(struct reader *rd, const char *key, const char *value)
{
	const struct ini_syntax *syntax = rd->syntax;
	_cleanup_free_ char *name = key && *rd->section ? xasprintf("%s.%s", rd->section, key)
							: xstrdup(key ? key : "");
	int r = 0;

	rd->at.section = rd->section;
	rd->at.key = key;
	rd->at.value = value;
	rd->at.name = name;
	if (syntax->keys)
		r = ini_check(&rd->at, syntax);
	if (r == 0 && syntax->keys && key)
		r = check_twice(rd);
	if (r == 0 && (!syntax->keys || !key || ini_find_key(syntax->keys, name)))
		r = rd->fn(&rd->at, rd->arg);
	return r;
}

/* Callback of libinih: 0 is an error. */
static int on_key(void *arg, const char *section, const char *key, const char *value)
{
	struct reader *rd = arg;

	(void)section; /* libinih truncates it, and does not report sections without keys */
	if (rd->error)
		return 0;
	rd->error = *key ? take_entry(rd, key, value) : refuse(rd, "no key before '='");
	return rd->error == 0;
}

/* --- lines -------------------------------------------------------------------------------- */

static bool is_comment(char c)
{
	return c == ';' || c == '#';
}

/* "[name]", followed by at most a comment. */
static int take_section(struct reader *rd, const char *line)
{
	size_t n = strcspn(line, "]");
	const char *after = line + n + 1;

	if (!line[n])
		return refuse(rd, "the ']' of the section is missing");
	after += strspn(after, " \t");
	if (*after && !is_comment(*after))
		return refuse(rd, "unexpected text after the section [%.*s]", (int)n - 1, line + 1);
	if (n == 1)
		return refuse(rd, "the section has no name");
	if (n - 1 > SECTION_MAX)
		return refuse(rd, "the section's name is longer than %d bytes", SECTION_MAX);
	memcpy(rd->section, line + 1, n - 1);
	rd->section[n - 1] = '\0';
	for (char *p = rd->section; *p && rd->syntax->folds_dashes; p++)
		if (*p == '-')
			*p = '_';
	return take_entry(rd, NULL, NULL);
}

static int check_line(struct reader *rd, const char *line)
{
	if (!*line || is_comment(*line))
		return 0;
	if (*line == '[')
		return take_section(rd, line);
	if (!strpbrk(line, "=:"))
		return refuse(rd, "this is neither [section] nor key = value");
	return 0;
}

static bool is_utf8(const char *text, size_t n)
{
	const unsigned char *s = (const unsigned char *)text;

	for (size_t i = 0, length; i < n; i += length) {
		length = s[i] < 0x80 ? 1 : utf8_length(s + i, n - i);
		if (!length)
			return false;
	}
	return true;
}

static int check_bytes(struct reader *rd, const char *line, size_t n)
{
	if (rd->at.line == 1 && n >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0)
		return refuse(rd, "the file begins with a byte order mark; save it without one");
	for (size_t i = 0; i < n; i++)
		if (iscntrl((unsigned char)line[i]) && line[i] != '\t')
			return refuse(rd, "the line has a control character (0x%02x)",
				      (unsigned char)line[i]);
	if (!is_utf8(line, n))
		return refuse(rd, "the line is not valid UTF-8");
	return 0;
}

/*
 * The next line, without the blanks around it: libinih takes a line with leading blanks for a
 * continuation of the previous one.
 */
static struct text next_line(struct reader *rd)
{
	const char *end = memchr(rd->rest, '\n', rd->n);
	struct text line = { rd->rest, end ? (size_t)(end - rd->rest) : rd->n };

	rd->rest = end ? end + 1 : NULL;
	rd->n -= line.n + (end ? 1 : 0);
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	text_skip_blanks(&line);
	text_trim_end(&line);
	rd->at.line++;
	return line;
}

/* Callback of libinih, as fgets(3). */
static char *on_line(char *buffer, int size, void *arg)
{
	struct reader *rd = arg;
	struct text line;

	if (rd->error || !rd->rest)
		return NULL;
	line = next_line(rd);
	rd->error = check_bytes(rd, line.p, line.n);
	if (!rd->error && line.n >= (size_t)size)
		rd->error = refuse(rd, "the line is longer than %d bytes", size - 1);
	if (rd->error)
		return NULL;
	memcpy(buffer, line.p, line.n);
	buffer[line.n] = '\0';
	rd->error = check_line(rd, buffer);
	return rd->error ? NULL : buffer;
}

int ini_read_text(const char *path, const char *text, size_t n, const struct ini_syntax *syntax,
		  ini_fn fn, void *arg)
{
	struct reader rd = {
		.syntax = syntax,
		.fn = fn,
		.arg = arg,
		.rest = text,
		.n = n,
		.at.path = path,
	};
	int r = ini_parse_stream(on_line, &rd, on_key, &rd);

	if (r > 0 && !rd.error) { /* for example "a ; = b": a comment before the '=' */
		rd.at.line = r;
		rd.error = refuse(&rd, "this is neither [section] nor key = value");
	}
	for (size_t i = 0; i < rd.n_seen; i++)
		free(rd.seen[i].name);
	free(rd.seen);
	return rd.error;
}

int ini_read(const char *path, const struct ini_syntax *syntax, ini_fn fn, void *arg)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r = fs_read(path, &text, FILE_MAX);

	if (r == -ENOENT && !fs_is_there(path))
		return r;
	if (r == -ENOENT) {
		log_message(syntax->level, "Cannot read %s: it is a link to a missing file", path);
		return -EINVAL;
	}
	if (r < 0) {
		log_errno(syntax->level, r, "Cannot read %s", path);
		return r;
	}
	return ini_read_text(path, text.buf, text.len, syntax, fn, arg);
}

bool ini_can_hold(const char *key, const char *value)
{
	size_t n = strlen(value);

	if (!n || strlen(key) + strlen(" = ") + n > INI_MAX_LINE - 3)
		return false;
	if (!is_utf8(value, n))
		return false;
	if (isspace((unsigned char)value[0]) || isspace((unsigned char)value[n - 1]))
		return false;
	for (const char *p = value; *p; p++)
		if ((iscntrl((unsigned char)*p) && *p != '\t') ||
		    (*p == ';' && (p == value || isspace((unsigned char)p[-1]))))
			return false;
	return true;
}
