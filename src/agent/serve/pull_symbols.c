// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sends only the symbols of a module: their CRCs (__versions), and what it exports. All other
 * bytes are sent as zeroes, which compress to nothing, so that the result can still be read as
 * a module. A module that is itself compressed (.ko.xz) is sent as it is.
 */
#include "agent/serve/pull.h"

#include "common/cleanup.h"

#include <elf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define SECTIONS_MAX 1024
#define NAMES_MAX    (64 * 1024)

static void keep(struct pull_kept *kept, uint64_t from, uint64_t n)
{
	if (n && kept->n < ARRAY_SIZE(kept->ranges)) {
		kept->ranges[kept->n].from = from;
		kept->ranges[kept->n++].to = from + n;
	}
}

static bool starts_with_one_of(const char *name, const char *const *list)
{
	for (; *list; list++)
		if (strncmp(name, *list, strlen(*list)) == 0)
			return true;
	return false;
}

/* The sections with symbols are needed only if something is exported. */
static bool has_exports(const Elf64_Shdr *sections, size_t n, const char *names, size_t size)
{
	static const char *const exports[] = { "__ksymtab", NULL };

	for (size_t i = 0; i < n; i++)
		if (sections[i].sh_name < size && sections[i].sh_size &&
		    starts_with_one_of(names + sections[i].sh_name, exports))
			return true;
	return false;
}

static void keep_sections(struct pull_kept *kept, const Elf64_Shdr *sections, size_t n,
			  const char *names, size_t size)
{
	static const char *const always[] = { "__version", NULL };
	static const char *const exporting[] = { "__ksymtab", "__kcrctab", ".symtab",
						 ".strtab",   "___k",      NULL };
	bool exports = has_exports(sections, n, names, size);

	for (size_t i = 0; i < n; i++) {
		const Elf64_Shdr *s = &sections[i];
		const char *name = s->sh_name < size ? names + s->sh_name : "";

		if (s->sh_type != SHT_NOBITS && (starts_with_one_of(name, always) ||
						 (exports && starts_with_one_of(name, exporting))))
			keep(kept, s->sh_offset, s->sh_size);
	}
}

static bool read_at(int fd, void *data, size_t n, uint64_t at)
{
	return pread(fd, data, n, (off_t)at) == (ssize_t)n;
}

void pull_symbols_look(struct pull_kept *kept, int fd, uint64_t size)
{
	static Elf64_Shdr sections[SECTIONS_MAX];
	static char names[NAMES_MAX + 1];
	const Elf64_Shdr *strings;
	Elf64_Ehdr h;
	size_t n;

	kept->n = 0;
	keep(kept, 0, size); /* by default, all of it */
	if (!read_at(fd, &h, sizeof(h), 0) || memcmp(h.e_ident, ELFMAG, SELFMAG) != 0 ||
	    h.e_shentsize != sizeof(*sections) || h.e_shnum > SECTIONS_MAX ||
	    h.e_shstrndx >= h.e_shnum)
		return;
	n = h.e_shnum * sizeof(*sections);
	if (!read_at(fd, sections, n, h.e_shoff))
		return;
	strings = &sections[h.e_shstrndx];
	if (strings->sh_size > NAMES_MAX ||
	    !read_at(fd, names, strings->sh_size, strings->sh_offset))
		return;
	names[strings->sh_size] = '\0';
	kept->n = 0;
	keep(kept, 0, sizeof(h));
	keep(kept, h.e_shoff, n);
	keep(kept, strings->sh_offset, strings->sh_size);
	keep_sections(kept, sections, h.e_shnum, names, strings->sh_size);
	if (kept->n == ARRAY_SIZE(kept->ranges)) { /* the list may be incomplete */
		kept->n = 0;
		keep(kept, 0, size);
	}
}

ssize_t pull_symbols_read(const struct pull_kept *kept, int fd, uint8_t *buffer, size_t n,
			  uint64_t at)
{
	memset(buffer, 0, n);
	for (size_t i = 0; i < kept->n; i++) {
		uint64_t from = kept->ranges[i].from > at ? kept->ranges[i].from : at;
		uint64_t to = kept->ranges[i].to < at + n ? kept->ranges[i].to : at + n;

		if (from < to && !read_at(fd, buffer + (from - at), to - from, from)) {
			errno = ESTALE; /* the file has shrunk */
			return -1;
		}
	}
	return (ssize_t)n;
}
