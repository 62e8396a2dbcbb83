// SPDX-License-Identifier: GPL-2.0-only
#include "host/module/symvers.h"

#include "common/alloc.h"
#include "common/fs.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SIZE_LIMIT (64u << 20) /* Debian's file has 1.7 MB */
#define COLUMNS    5

/* "0x28f6f105" */
static bool parse_crc(const char *text, uint32_t *crc)
{
	char *end;

	if (strncmp(text, "0x", 2) != 0 || !isxdigit((unsigned char)text[2]) || strlen(text) > 10)
		return false;
	*crc = (uint32_t)strtoul(text + 2, &end, 16);
	return !*end;
}

static bool is_export_type(const char *text)
{
	return strncmp(text, "EXPORT_", 7) == 0;
}

/* Splits `line` into its columns, in place. */
static bool parse_line(char *line, struct symvers_symbol *symbol)
{
	char *columns[COLUMNS] = { 0 }, *rest = line, *type;
	size_t n = 0;
	bool old;

	while (rest && n < COLUMNS)
		columns[n++] = strsep(&rest, "\t");
	if (rest || n < 4 || !parse_crc(columns[0], &symbol->crc) || !*columns[1])
		return false;
	old = n == 5 && is_export_type(columns[4]); /* Linux 5.4: the namespace is third */
	type = columns[old ? 4 : 3];
	symbol->name = columns[1];
	symbol->module = columns[old ? 3 : 2];
	symbol->name_space = old ? columns[2] : n == 5 ? columns[4] : "";
	symbol->gpl = strstr(type, "_GPL") != NULL;
	return *symbol->module && is_export_type(type);
}

/* The text is one block: of equal names, the first in the file has the lower address. */
static int by_name(const void *a, const void *b)
{
	const struct symvers_symbol *x = a, *y = b;
	int r = strcmp(x->name, y->name);

	return r ? r : x->name < y->name ? -1 : x->name > y->name;
}

/* Splits `s->text` into lines. */
static int parse_lines(struct symvers *s, size_t *line)
{
	char *rest = s->text;

	for (char *at; (at = strsep(&rest, "\n"));) {
		struct symvers_symbol symbol;

		++*line;
		if (!*at && !rest)
			break;                         /* after the last newline */
		if (!rest || !parse_line(at, &symbol)) /* no newline: truncated */
			return -EBADMSG;
		GROW(s->symbols, s->n);
		s->symbols[s->n++] = symbol;
	}
	if (s->n)
		qsort(s->symbols, s->n, sizeof(*s->symbols), by_name);
	return 0;
}

int symvers_parse(const char *text, size_t n, struct symvers **symvers, size_t *line)
{
	_cleanup_(symvers_freep) struct symvers *s = xcalloc(1, sizeof(*s));
	size_t at = 0;
	int r;

	s->text = xstrndup(text, n);
	r = strlen(s->text) == n ? parse_lines(s, &at) : -EBADMSG;
	if (line)
		*line = at;
	if (r < 0)
		return r;
	*symvers = TAKE_PTR(s);
	return 0;
}

int symvers_read(const char *path, struct symvers **symvers, size_t *line)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r = fs_read(path, &text, SIZE_LIMIT);

	return r < 0 ? r : symvers_parse(text.buf, text.len, symvers, line);
}

void symvers_free(struct symvers *symvers)
{
	if (!symvers)
		return;
	free(symvers->symbols);
	free(symvers->text);
	free(symvers);
}

const struct symvers_symbol *symvers_find(const struct symvers *symvers, const char *name)
{
	size_t low = 0, high = symvers->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(symvers->symbols[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < symvers->n && strcmp(symvers->symbols[low].name, name) == 0
		       ? &symvers->symbols[low]
		       : NULL;
}
