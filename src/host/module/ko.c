// SPDX-License-Identifier: GPL-2.0-only
#include "host/module/ko.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "host/base/build_id.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

/* --- opening ------------------------------------------------------------------------ */

/* struct module_signature: five bytes of types and lengths, three of padding, a length. */
#define SIGNATURE_MARKER "~Module signature appended~\n"
#define SIGNATURE_FIELDS 12
#define SIGNATURE_PKCS7  2
#define ID_TYPE          2

static void read_signature(struct ko *ko)
{
	const size_t marker = strlen(SIGNATURE_MARKER);
	struct ko_signature *s = &ko->signature;
	const char *end = ko->image.buf + ko->image.len, *fields;
	size_t n = ko->image.len;
	uint32_t length;

	ko->size = n;
	if (n <= marker || memcmp(end - marker, SIGNATURE_MARKER, marker) != 0)
		return;
	s->present = true;
	s->torn = true;
	ko->size = n -= marker;
	if (n <= SIGNATURE_FIELDS)
		return;
	fields = ko->image.buf + n - SIGNATURE_FIELDS;
	memcpy(&length, fields + 8, sizeof(length));
	length = be32toh(length);
	if (length >= n - SIGNATURE_FIELDS)
		return;
	s->pkcs7 = fields[ID_TYPE] == SIGNATURE_PKCS7;
	s->torn = s->pkcs7 && (fields[0] || fields[1] || memcmp(fields + 3, "\0\0\0\0\0", 5) != 0);
	if (s->torn || !s->pkcs7)
		return;
	ko->size = n - SIGNATURE_FIELDS - length;
	s->message = (struct text){ ko->image.buf + ko->size, length };
}

/* 0 if the table is not entirely within the file. */
static size_t count_sections(const struct ko *ko)
{
	const Elf64_Ehdr *h = &ko->header;

	return memcmp(h->e_ident, ELFMAG, SELFMAG) == 0 && h->e_shentsize == sizeof(Elf64_Shdr) &&
			       h->e_shoff < ko->size &&
			       h->e_shnum * sizeof(Elf64_Shdr) <= ko->size - h->e_shoff
		       ? h->e_shnum
		       : 0;
}

static void find_symbols(struct ko *ko)
{
	Elf64_Shdr header;

	for (size_t i = 1; ko_section(ko, i, &header); i++) {
		if (header.sh_type != SHT_SYMTAB)
			continue;
		ko->symbol_table = i;
		ko->symbols = ko_contents(ko, &header);
		ko->strings = header.sh_link;
		return;
	}
}

/* Takes ownership of `ko`. */
static int finish(struct ko *ko, int r, struct ko **out)
{
	if (r < 0) {
		ko_free(ko);
		return r;
	}
	read_signature(ko);
	if (ko->size >= sizeof(ko->header))
		memcpy(&ko->header, ko->image.buf, sizeof(ko->header));
	ko->n_sections = count_sections(ko);
	ko->modinfo = ko_contents_of(ko, ".modinfo");
	find_symbols(ko);
	*out = ko;
	return 0;
}

static struct ko *new_ko(void)
{
	struct ko *ko = xcalloc(1, sizeof(*ko));

	ko->image = (struct strbuf)STRBUF_INIT;
	return ko;
}

int ko_open_fd(int fd, struct ko **out)
{
	struct ko *ko = new_ko();

	ko->packing = packing_of_file(fd);
	return finish(ko, unpack_file(fd, &ko->image), out);
}

int ko_open(const char *path, struct ko **out)
{
	_cleanup_close_ int fd = fs_open_regular(path);

	return fd < 0 ? fd : ko_open_fd(fd, out);
}

int ko_of_bytes(const void *data, size_t n, struct ko **out)
{
	struct ko *ko = new_ko();
	int r = 0;

	ko->packing = packing_of(data, n);
	if (ko->packing)
		r = unpack(ko->packing, data, n, &ko->image);
	else
		strbuf_add(&ko->image, data, n);
	return finish(ko, r, out);
}

void ko_free(struct ko *ko)
{
	if (!ko)
		return;
	strbuf_release(&ko->image);
	free(ko);
}

/* --- sections ----------------------------------------------------------------------- */

bool ko_has_sections(const struct ko *ko)
{
	return ko->n_sections > 0;
}

bool ko_section(const struct ko *ko, size_t index, Elf64_Shdr *header)
{
	if (index >= ko->n_sections)
		return false;
	memcpy(header, ko->image.buf + ko->header.e_shoff + index * sizeof(*header),
	       sizeof(*header));
	return true;
}

/* Is the string terminated by a NUL byte in the file? */
static bool is_string(const struct ko *ko, const char *at)
{
	const char *end = ko->image.buf + ko->image.len;

	return memchr(at, '\0', (size_t)(end - at));
}

/*
 * The string at `offset` from the start of a section. As in the kernel, it may extend beyond
 * the section.
 */
static const char *string_at(const struct ko *ko, size_t section, uint64_t offset)
{
	Elf64_Shdr header;
	uint64_t at;

	if (!ko_section(ko, section, &header) || header.sh_offset >= ko->image.len ||
	    offset >= ko->image.len - header.sh_offset)
		return NULL;
	at = header.sh_offset + offset;
	return is_string(ko, ko->image.buf + at) ? ko->image.buf + at : NULL;
}

const char *ko_section_name(const struct ko *ko, size_t index)
{
	Elf64_Shdr header;

	return ko_section(ko, index, &header) ? string_at(ko, ko->header.e_shstrndx, header.sh_name)
					      : NULL;
}

struct text ko_contents(const struct ko *ko, const Elf64_Shdr *header)
{
	if (header->sh_type == SHT_NOBITS || header->sh_type == SHT_NULL ||
	    header->sh_offset > ko->size || header->sh_size > ko->size - header->sh_offset)
		return (struct text){ 0 };
	return (struct text){ ko->image.buf + header->sh_offset, header->sh_size };
}

static size_t find(const struct ko *ko, const char *name, bool loaded, size_t *count)
{
	size_t found = 0;

	*count = 0;
	for (size_t i = 1; i < ko->n_sections; i++) {
		const char *other = ko_section_name(ko, i);
		Elf64_Shdr header;

		if (!other || strcmp(other, name) != 0 || !ko_section(ko, i, &header) ||
		    (loaded && !(header.sh_flags & SHF_ALLOC)))
			continue;
		if (!found)
			found = i;
		++*count;
	}
	return found;
}

size_t ko_find(const struct ko *ko, const char *name)
{
	size_t count;

	return find(ko, name, true, &count);
}

size_t ko_find_any(const struct ko *ko, const char *name, size_t *count)
{
	size_t n;

	return find(ko, name, false, count ? count : &n);
}

struct text ko_contents_of(const struct ko *ko, const char *name)
{
	size_t index = ko_find_any(ko, name, NULL);
	Elf64_Shdr header;

	if (!index || !ko_section(ko, index, &header))
		return (struct text){ 0 };
	return ko_contents(ko, &header);
}

/* --- .modinfo ------------------------------------------------------------------------- */

/*
 * "key=value" strings, each terminated by one or more NUL bytes. As in the kernel, the last
 * one may extend beyond the section, even its key.
 */
const char *ko_modinfo(const struct ko *ko, const char *key, const char *previous)
{
	struct text info = ko->modinfo;
	size_t n = key ? strlen(key) : 0;

	if (previous && info.n)
		text_skip(&info, (size_t)(previous - info.p) + strlen(previous));
	while (info.n && is_string(ko, info.p)) {
		size_t length = strlen(info.p);

		if (length && !key)
			return info.p;
		if (key && length > n && info.p[n] == '=' && memcmp(info.p, key, n) == 0)
			return info.p + n + 1;
		text_skip(&info, length + 1);
	}
	return NULL;
}

/* --- symbols -------------------------------------------------------------------------- */

bool ko_symbol(const struct ko *ko, size_t index, Elf64_Sym *symbol, const char **name)
{
	if (index >= ko->symbols.n / sizeof(*symbol))
		return false;
	memcpy(symbol, ko->symbols.p + index * sizeof(*symbol), sizeof(*symbol));
	*name = string_at(ko, ko->strings, symbol->st_name);
	return true;
}

/* --- notes ---------------------------------------------------------------------------- */

char *ko_build_id(const struct ko *ko)
{
	return build_id_in(ko->image.buf, ko->size);
}
