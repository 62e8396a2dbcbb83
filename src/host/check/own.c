// SPDX-License-Identifier: GPL-2.0-only
/* The symbols that a module defines, and those that it exports. */
#include "host/check/internal.h"

#include "common/alloc.h"

#include <string.h>

#define SHN_LIVEPATCH 0xff20

void check_export_crcs(struct check *check)
{
	static const char *const tables[][2] = { { "__ksymtab", "__kcrctab" },
						 { "__ksymtab_gpl", "__kcrctab_gpl" } };

	if (!check_config(check->kernel, "CONFIG_MODVERSIONS"))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		Elf64_Shdr header;
		size_t index = ko_find(check->ko, tables[i][0]);

		if (!index || !ko_section(check->ko, index, &header) || !header.sh_size ||
		    ko_find(check->ko, tables[i][1]))
			continue;
		check_add(check, check_force(check), NULL,
			  xasprintf("CRCs of the symbols it exports, in section %s", tables[i][1]),
			  xstrdup("none"), xstrdup("Build it with CONFIG_MODVERSIONS"));
	}
}

void check_common(struct check *check)
{
	Elf64_Sym symbol;
	const char *name;

	for (size_t i = 1; ko_symbol(check->ko, i, &symbol, &name); i++)
		if (symbol.st_shndx == SHN_COMMON && !(name && strncmp(name, "__gnu_lto", 9) == 0))
			check_add(check, CHECK_REFUSED, name, xstrdup("no common symbols"),
				  xstrdup("a common symbol"),
				  xstrdup("Compile it with -fno-common"));
}

void check_symbol_sections(struct check *check)
{
	Elf64_Sym symbol;
	const char *name;

	for (size_t i = 1; ko_symbol(check->ko, i, &symbol, &name); i++) {
		unsigned int section = symbol.st_shndx;

		if (section < check->ko->header.e_shnum || section == SHN_ABS ||
		    section == SHN_COMMON || section == SHN_LIVEPATCH)
			continue;
		check_add(check, CHECK_REFUSED, name,
			  xasprintf("a section below %u", check->ko->header.e_shnum),
			  xasprintf("section %u", section),
			  xstrdup("The file is damaged: rebuild it"));
	}
}

void check_duplicates(struct check *check)
{
	_cleanup_free_ struct ko_export *list = NULL;
	size_t n = ko_exports(check->ko, &list);

	for (size_t i = 0; i < n; i++) {
		const struct symvers_symbol *s = symvers_find(check->kernel->symvers, list[i].name);

		if (s && strcmp(s->module, "vmlinux") == 0)
			check_add(check, CHECK_REFUSED, list[i].name,
				  xstrdup("a symbol that is not exported yet"),
				  xstrdup("the kernel exports it"), xstrdup("Rename the symbol"));
	}
}
