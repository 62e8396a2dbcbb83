// SPDX-License-Identifier: GPL-2.0-only
#include "host/judge/pstore.h"

#include "common/alloc.h"
#include "common/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#define UNPACKED_MAX (4u << 20)  /* of one record; backends store at most 1 MiB */
#define ALL_MAX      (64u << 20) /* of all records: a malicious board must not exhaust memory */

enum kind { CONSOLE, DUMP, NO_LOG };

/* A part of a dump, or a complete console log. */
struct piece {
	enum kind kind;
	uint64_t dump, part; /* from "Oops#<dump> Part<part>"; 0: not known */
	struct text text;
	size_t order;
};

struct pieces {
	struct piece *items;
	size_t n;
};

/* --- unpacking ---------------------------------------------------------------- */

/*
 * Raw deflate, as written by the kernel's zlib. Keeps what can be unpacked of a truncated
 * record.
 */
static bool inflate_record(const struct pstore_file *file, struct strbuf *out)
{
	z_stream z = { .next_in = (Bytef *)file->data, .avail_in = (uInt)file->size };
	char block[16384];
	int r;

	if (inflateInit2(&z, -MAX_WBITS) != Z_OK)
		return false;
	do {
		z.next_out = (Bytef *)block;
		z.avail_out = sizeof(block);
		r = inflate(&z, Z_NO_FLUSH);
		strbuf_add(out, block, sizeof(block) - z.avail_out);
	} while (r == Z_OK && !z.avail_out && out->len < UNPACKED_MAX);
	inflateEnd(&z);
	return out->len > 0;
}

static bool unzstd_record(const struct pstore_file *file, struct strbuf *out)
{
	ZSTD_inBuffer in = { file->data, file->size, 0 };
	ZSTD_DStream *stream = ZSTD_createDStream();
	char block[16384];
	size_t r;

	do {
		ZSTD_outBuffer to = { block, sizeof(block), 0 };

		r = ZSTD_decompressStream(stream, &to, &in);
		strbuf_add(out, block, to.pos);
		if (ZSTD_isError(r) || (in.pos == in.size && to.pos < to.size))
			break;
	} while (r && out->len < UNPACKED_MAX);
	ZSTD_freeDStream(stream);
	return out->len > 0;
}

/* A record that was compressed with another method unpacks to binary data. */
static bool is_text(const struct strbuf *sb)
{
	size_t odd = 0, n = sb->len < 512 ? sb->len : 512;

	for (size_t i = 0; i < n; i++)
		odd += (unsigned char)sb->buf[i] < ' ' && !isspace((unsigned char)sb->buf[i]);
	return n && odd <= n / 8;
}

/* pstore.compress= supports more methods; deflate is the default, and the only one since 6.6. */
static bool unpack(const struct pstore_file *file, struct strbuf *out)
{
	static const char zstd_magic[] = { 0x28, (char)0xb5, 0x2f, (char)0xfd };
	bool zstd = file->size >= sizeof(zstd_magic) &&
		    memcmp(file->data, zstd_magic, sizeof(zstd_magic)) == 0;

	if (zstd ? unzstd_record(file, out) : inflate_record(file, out))
		return is_text(out);
	return false;
}

/* --- names and headers ----------------------------------------------------------- */

static enum kind kind_of(const char *name)
{
	const char *slash = strrchr(name, '/');

	name = slash ? slash + 1 : name;
	if (strncmp(name, "console-", 8) == 0)
		return CONSOLE;
	return strncmp(name, "dmesg", 5) == 0 ? DUMP : NO_LOG;
}

/* "Panic#2 Part1" */
static bool take_header(struct text line, uint64_t *dump, uint64_t *part)
{
	size_t word = 0;

	text_trim_end(&line);
	while (word < line.n && isalpha((unsigned char)line.p[word]))
		word++;
	text_skip(&line, word);
	return word && text_take(&line, "#") && text_take_u64(&line, dump) &&
	       text_take(&line, " Part") && text_take_u64(&line, part) && !line.n;
}

static void add_piece(struct pieces *pieces, const struct piece *piece)
{
	if (!piece->text.n)
		return;
	GROW(pieces->items, pieces->n);
	pieces->items[pieces->n] = *piece;
	pieces->items[pieces->n].order = pieces->n;
	pieces->n++;
}

/* A file holds one part of a dump, or all parts if systemd wrote it. */
static void split(struct pieces *pieces, enum kind kind, struct text text)
{
	struct piece piece = { .kind = kind, .text = { text.p, 0 } };
	struct text line;
	uint64_t dump, part;

	while (text_line(&text, &line)) {
		if (kind != DUMP || !take_header(line, &dump, &part)) {
			piece.text.n = (size_t)(text.p - piece.text.p);
			continue;
		}
		add_piece(pieces, &piece);
		piece = (struct piece){ kind, dump, part, { text.p, 0 }, 0 };
	}
	add_piece(pieces, &piece);
}

/* --- in order ----------------------------------------------------------------------- */

static int compare(const void *va, const void *vb)
{
	const struct piece *a = va, *b = vb;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->dump != b->dump)
		return a->dump < b->dump ? -1 : 1;
	if (a->part != b->part)
		return a->part > b->part ? -1 : 1; /* part 1 has the newest lines */
	return a->order < b->order ? -1 : a->order > b->order;
}

/* The same file may come from pstore and from systemd's folder. */
static bool is_copy(const struct piece *a, const struct piece *b)
{
	return a->kind == b->kind && a->dump == b->dump && a->part == b->part &&
	       a->text.n == b->text.n && memcmp(a->text.p, b->text.p, a->text.n) == 0;
}

/*
 * Linux fs/pstore/ram_core.c, persistent_ram_ecc_string(), and fs/pstore/zone.c: not lines of
 * the log.
 */
static bool is_remark(struct text line)
{
	text_trim_end(&line);
	return (line.n == strlen("No errors detected") &&
		text_starts(line, "No errors detected")) ||
	       text_find(line, " Corrected bytes, ") ||
	       (text_find(line, ": Total ") && line.n < 64 && line.p[line.n - 1] == 's');
}

static void emit(struct strbuf *out, const struct piece *piece)
{
	struct text rest = piece->text, line;

	while (text_line(&rest, &line)) {
		if (line.n && *line.p != '<' && *line.p != '[' && is_remark(line))
			continue;
		strbuf_add(out, line.p, line.n);
		strbuf_addch(out, '\n');
	}
}

unsigned int pstore_text(const struct pstore_file *files, size_t n, struct strbuf *out)
{
	struct strbuf *unpacked = xcalloc(n ? n : 1, sizeof(*unpacked));
	struct pieces pieces = { 0 };
	unsigned int unreadable = 0;
	size_t all = 0;

	for (size_t i = 0; i < n; i++) {
		enum kind kind = kind_of(files[i].name);
		struct text text = { files[i].data, files[i].size };

		unpacked[i] = (struct strbuf)STRBUF_INIT;
		if (kind == NO_LOG)
			continue;
		if (text_ends_with(files[i].name, ".enc.z")) {
			if (all > ALL_MAX || !unpack(&files[i], &unpacked[i])) {
				unreadable++;
				continue;
			}
			all += unpacked[i].len;
			text = (struct text){ unpacked[i].buf, unpacked[i].len };
		}
		split(&pieces, kind, text);
	}
	if (pieces.n)
		qsort(pieces.items, pieces.n, sizeof(*pieces.items), compare);
	for (size_t i = 0; i < pieces.n; i++)
		if (!i || !is_copy(&pieces.items[i - 1], &pieces.items[i]))
			emit(out, &pieces.items[i]);
	for (size_t i = 0; i < n; i++)
		strbuf_release(&unpacked[i]);
	free(unpacked);
	free(pieces.items);
	return unreadable;
}
