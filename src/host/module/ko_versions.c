// SPDX-License-Identifier: GPL-2.0-only
/* The CRCs in a module: of the symbols that it needs, and of those that it exports. */
#include "host/module/ko.h"

#include "common/alloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* struct modversion_info of a 64-bit kernel */
struct entry {
	uint64_t crc;
	char name[64 - sizeof(uint64_t)];
};

static int read_versions(struct text section, struct ko_version **list, size_t *n)
{
	size_t count = section.n / sizeof(struct entry);

	*list = xcalloc(count + 1, sizeof(**list));
	for (*n = 0; *n < count; ++*n) {
		const char *at = section.p + *n * sizeof(struct entry);
		struct entry entry;

		memcpy(&entry, at, sizeof(entry));
		(*list)[*n].crc = (uint32_t)entry.crc;
		(*list)[*n].name = at + offsetof(struct entry, name);
		if (!memchr(entry.name, '\0', sizeof(entry.name)))
			(*list)[*n].name = ""; /* matches no symbol */
	}
	return 0;
}

static int read_extended(struct text crcs, struct text names, struct ko_version **list, size_t *n)
{
	size_t count = crcs.n / sizeof(uint32_t);

	*list = xcalloc(count + 1, sizeof(**list));
	for (*n = 0; *n < count; ++*n) {
		size_t length = strnlen(names.p, names.n);

		if (length == names.n)
			return -EBADMSG;
		memcpy(&(*list)[*n].crc, crcs.p + *n * sizeof(uint32_t), sizeof(uint32_t));
		(*list)[*n].name = names.p;
		text_skip(&names, length + 1);
	}
	return names.n || crcs.n % sizeof(uint32_t) ? -EBADMSG : 0;
}

int ko_versions(const struct ko *ko, enum ko_versions_format format, struct ko_version **list,
		size_t *n)
{
	bool extended = format == KO_VERSIONS_EXTENDED;
	struct text crcs = ko_contents_of(ko, extended ? "__version_ext_crcs" : "__versions");
	struct text names = ko_contents_of(ko, "__version_ext_names");
	int r;

	*list = NULL;
	*n = 0;
	if (!crcs.p || (extended && !names.p))
		return extended && (crcs.p || names.p) ? -EBADMSG : -ENOENT;
	r = extended ? read_extended(crcs, names, list, n) : read_versions(crcs, list, n);
	if (r < 0) {
		free(*list);
		*list = NULL;
		*n = 0;
	}
	return r;
}

/* --- exports -------------------------------------------------------------------------- */

static bool is_in(const struct ko *ko, const Elf64_Sym *symbol, const char *section)
{
	const char *name = ko_section_name(ko, symbol->st_shndx);

	return name && strcmp(name, section) == 0;
}

static int by_name(const void *a, const void *b)
{
	const struct ko_export *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static struct ko_export *find_export(struct ko_export *list, size_t n, const char *name)
{
	return bsearch(&(struct ko_export){ .name = name }, list, n, sizeof(*list), by_name);
}

/* __crc_NAME is the CRC itself in older kernels, and its location in newer ones. */
static void take_crc(const struct ko *ko, const Elf64_Sym *symbol, struct ko_export *export)
{
	Elf64_Shdr header;
	struct text section;

	if (symbol->st_shndx == SHN_ABS) {
		export->crc = (uint32_t)symbol->st_value;
		export->has_crc = true;
		return;
	}
	if (!ko_section(ko, symbol->st_shndx, &header))
		return;
	section = ko_contents(ko, &header);
	if (symbol->st_value >= section.n || section.n - symbol->st_value < sizeof(export->crc))
		return;
	memcpy(&export->crc, section.p + symbol->st_value, sizeof(export->crc));
	export->has_crc = true;
}

static void take_namespace(const struct ko *ko, const Elf64_Sym *symbol, struct ko_export *export)
{
	Elf64_Shdr header;
	struct text section;

	if (!ko_section(ko, symbol->st_shndx, &header))
		return;
	section = ko_contents(ko, &header);
	if (symbol->st_value < section.n &&
	    memchr(section.p + symbol->st_value, '\0', section.n - symbol->st_value))
		export->name_space = section.p + symbol->st_value;
}

static void describe(const struct ko *ko, struct ko_export *list, size_t n)
{
	Elf64_Sym symbol;
	const char *name;

	for (size_t i = 1; n && ko_symbol(ko, i, &symbol, &name); i++) {
		bool crc = name && strncmp(name, "__crc_", 6) == 0;
		struct ko_export *export;

		if (!crc && !(name && strncmp(name, "__kstrtabns_", 12) == 0))
			continue;
		export = find_export(list, n, name + (crc ? 6 : 12));
		if (export && crc)
			take_crc(ko, &symbol, export);
		else if (export)
			take_namespace(ko, &symbol, export);
	}
}

size_t ko_exports(const struct ko *ko, struct ko_export **list)
{
	Elf64_Sym symbol;
	const char *name;
	size_t n = 0;

	*list = NULL;
	for (size_t i = 1; ko_symbol(ko, i, &symbol, &name); i++) {
		bool gpl = is_in(ko, &symbol, "__ksymtab_gpl");

		if (!name || strncmp(name, "__ksymtab_", 10) != 0 ||
		    (!gpl && !is_in(ko, &symbol, "__ksymtab")))
			continue;
		GROW(*list, n);
		(*list)[n++] =
			(struct ko_export){ .name = name + 10, .name_space = "", .gpl = gpl };
	}
	if (n)
		qsort(*list, n, sizeof(**list), by_name);
	describe(ko, *list, n);
	return n;
}
