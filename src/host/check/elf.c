// SPDX-License-Identifier: GPL-2.0-only
/* The header of the file and the table of sections: elf_validity_check(). */
#include "host/check/internal.h"

#include "common/alloc.h"

#include <string.h>

#define COPY_AGAIN "The file is damaged: rebuild it or copy it again"

static void refuse(struct check *check, char *expected, char *found)
{
	check_add(check, CHECK_REFUSED, NULL, expected, found, xstrdup(COPY_AGAIN));
}

void check_elf_size(struct check *check)
{
	if (check->ko->size < sizeof(Elf64_Ehdr))
		refuse(check, xasprintf("at least %zu bytes", sizeof(Elf64_Ehdr)),
		       xasprintf("%zu bytes", check->ko->size));
}

void check_elf_magic(struct check *check)
{
	if (memcmp(check->ko->header.e_ident, ELFMAG, SELFMAG) != 0)
		check_add(check, CHECK_REFUSED, NULL, xstrdup("an ELF file"),
			  xstrdup("neither an ELF file nor a compressed one"),
			  xstrdup("Specify a .ko file, or the folder that it is built in"));
}

void check_elf_type(struct check *check)
{
	unsigned int type = check->ko->header.e_type;

	if (type != ET_REL)
		check_add(check, CHECK_REFUSED, NULL, xstrdup("a relocatable object (ELF type 1)"),
			  type == ET_EXEC || type == ET_DYN
				  ? xasprintf("a program or library (ELF type %u)", type)
				  : xasprintf("ELF type %u", type),
			  xstrdup("Specify the .ko file that kbuild created"));
}

void check_elf_machine(struct check *check)
{
	if (check->ko->header.e_machine != EM_AARCH64)
		check_add(check, CHECK_REFUSED, NULL, check_machine_name(EM_AARCH64),
			  check_machine_name(check->ko->header.e_machine),
			  xstrdup("Build it from source with outpost build, which uses the right "
				  "compiler"));
}

/* The kernel checks neither: it loads a file in which only these bytes are wrong. */
void check_elf_class(struct check *check)
{
	const unsigned char *ident = check->ko->header.e_ident;

	if (ident[EI_CLASS] == ELFCLASS64 && ident[EI_DATA] == ELFDATA2LSB)
		return;
	check_add(
		check, CHECK_NOTED, NULL, xstrdup("64-bit, little-endian"),
		xasprintf("%s, %s",
			  ident[EI_CLASS] == ELFCLASS64   ? "64-bit"
			  : ident[EI_CLASS] == ELFCLASS32 ? "32-bit"
							  : "of unknown class",
			  ident[EI_DATA] == ELFDATA2LSB   ? "little-endian"
			  : ident[EI_DATA] == ELFDATA2MSB ? "big-endian"
							  : "of unknown byte order"),
		xstrdup("The kernel does not check this, but other programs cannot read the file"));
}

void check_section_table(struct check *check)
{
	const Elf64_Ehdr *h = &check->ko->header;

	if (h->e_shentsize != sizeof(Elf64_Shdr))
		refuse(check, xasprintf("section headers of %zu bytes", sizeof(Elf64_Shdr)),
		       xasprintf("headers of %u bytes", h->e_shentsize));
	else if (!ko_has_sections(check->ko))
		refuse(check, xasprintf("%u section headers within the file", h->e_shnum),
		       xasprintf("headers from byte %llu of %zu", (unsigned long long)h->e_shoff,
				 check->ko->size));
	else if (h->e_shstrndx == SHN_UNDEF || h->e_shstrndx >= h->e_shnum)
		refuse(check, xasprintf("a section below %u with the section names", h->e_shnum),
		       xasprintf("section %u", h->e_shstrndx));
}

void check_section_zero(struct check *check)
{
	Elf64_Shdr zero;

	if (ko_section(check->ko, 0, &zero) &&
	    (zero.sh_type != SHT_NULL || zero.sh_size || zero.sh_addr))
		refuse(check, xstrdup("an empty section 0"),
		       xasprintf("type %u, %llu bytes", zero.sh_type,
				 (unsigned long long)zero.sh_size));
}

static bool is_within(const struct check *check, const Elf64_Shdr *header)
{
	return header->sh_offset <= check->ko->size &&
	       header->sh_size <= check->ko->size - header->sh_offset;
}

/* Reports only the first: often all are wrong. */
void check_section_bounds(struct check *check)
{
	Elf64_Shdr header;

	for (size_t i = 1; ko_section(check->ko, i, &header); i++) {
		const char *name = ko_section_name(check->ko, i);

		if (header.sh_type == SHT_NULL || header.sh_type == SHT_NOBITS ||
		    is_within(check, &header))
			continue;
		refuse(check,
		       xasprintf("section %zu (%s) within the %zu bytes of the file", i,
				 name ? name : "?", check->ko->size),
		       xasprintf("%llu bytes starting at %llu", (unsigned long long)header.sh_size,
				 (unsigned long long)header.sh_offset));
		return;
	}
}

void check_names_table(struct check *check)
{
	Elf64_Shdr header = { 0 };
	struct text names;

	ko_section(check->ko, check->ko->header.e_shstrndx, &header);
	if (!is_within(check, &header)) { /* for example of type NOBITS */
		refuse(check, xstrdup("section names within the file"),
		       xasprintf("%llu bytes starting at %llu", (unsigned long long)header.sh_size,
				 (unsigned long long)header.sh_offset));
		return;
	}
	names = (struct text){ check->ko->image.buf + header.sh_offset, header.sh_size };
	if (!names.n)
		refuse(check, xstrdup("section names"), xstrdup("an empty table"));
	else if (names.p[names.n - 1])
		refuse(check, xstrdup("a table of section names that ends with a NUL byte"),
		       xstrdup("one without"));
	else if (header.sh_type != SHT_STRTAB && check->kernel->version >= CHECK_VERSION(6, 12))
		refuse(check, xstrdup("a table of section names of type STRTAB"),
		       xasprintf("type %u", header.sh_type));
}

void check_section_names(struct check *check)
{
	bool all = check->kernel->version >= CHECK_VERSION(6, 12);
	Elf64_Shdr names = { 0 }, header;

	ko_section(check->ko, check->ko->header.e_shstrndx, &names);
	for (size_t i = 1; ko_section(check->ko, i, &header); i++) {
		bool looked_at =
			header.sh_type != SHT_NULL &&
			(all || ((header.sh_flags & SHF_ALLOC) && header.sh_type != SHT_NOBITS));

		if (!looked_at || header.sh_name < names.sh_size)
			continue;
		refuse(check,
		       xasprintf("a name of section %zu at an offset below %llu", i,
				 (unsigned long long)names.sh_size),
		       xasprintf("offset %u", header.sh_name));
		return;
	}
}
