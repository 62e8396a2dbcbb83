// SPDX-License-Identifier: GPL-2.0-only
/* arch/arm64/kernel/module.c: apply_relocate_add(). */
#include "host/check_internal.h"

#include "common/alloc.h"

#include <string.h>

/* The kinds that it knows; 256 is R_AARCH64_NONE of old. */
static bool is_known(unsigned int type)
{
	static const struct {
		unsigned int first, last;
	} known[] = {
		{ R_AARCH64_NONE, R_AARCH64_NONE },
		{ 256, 256 },
		{ R_AARCH64_ABS64, R_AARCH64_ADR_PREL_PG_HI21_NC },
		{ R_AARCH64_ADD_ABS_LO12_NC, R_AARCH64_LDST8_ABS_LO12_NC },
		{ R_AARCH64_TSTBR14, R_AARCH64_CONDBR19 },
		{ R_AARCH64_JUMP26, R_AARCH64_LDST64_ABS_LO12_NC },
		{ R_AARCH64_MOVW_PREL_G0, R_AARCH64_MOVW_PREL_G3 },
		{ R_AARCH64_LDST128_ABS_LO12_NC, R_AARCH64_LDST128_ABS_LO12_NC },
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (type >= known[i].first && type <= known[i].last)
			return true;
	return false;
}

static void refuse(struct check *check, size_t section, const char *expected, char *found)
{
	const char *name = ko_section_name(check->ko, section);

	check_add(check, CHECK_REFUSED, NULL,
		  xasprintf("%s in %s", expected, name ? name : "a section"), found,
		  xstrdup("Build it with the kernel's own makefiles and compiler."));
}

/*
 * A place or a symbol outside of its section is not refused by the kernel but
 * written to: nobody wants that tried.
 */
static bool ask(struct check *check, size_t section, const Elf64_Shdr *target, const char *entry)
{
	Elf64_Rela rela;
	unsigned int type;

	memcpy(&rela, entry, sizeof(rela));
	type = ELF64_R_TYPE(rela.r_info);
	if (!is_known(type))
		refuse(check, section, "relocations that the kernel knows",
		       xasprintf("type %u", type));
	else if (rela.r_offset >= target->sh_size && (type != R_AARCH64_NONE && type != 256))
		refuse(check, section, "relocations within their section",
		       xasprintf("one at %llu of %llu bytes", (unsigned long long)rela.r_offset,
				 (unsigned long long)target->sh_size));
	else if (ELF64_R_SYM(rela.r_info) >= check->ko->symbols.n / sizeof(Elf64_Sym))
		refuse(check, section, "relocations against symbols of the file",
		       xasprintf("symbol %u", (unsigned int)ELF64_R_SYM(rela.r_info)));
	else
		return true;
	return false;
}

/* One of a section is enough. */
static void ask_section(struct check *check, size_t section, const Elf64_Shdr *header,
			const Elf64_Shdr *target)
{
	struct text all = ko_contents(check->ko, header);

	for (size_t at = 0; all.n - at >= sizeof(Elf64_Rela); at += sizeof(Elf64_Rela))
		if (!ask(check, section, target, all.p + at))
			return;
}

void check_relocations(struct check *check)
{
	Elf64_Shdr header, target;

	for (size_t i = 1; ko_section(check->ko, i, &header); i++) {
		if ((header.sh_type != SHT_RELA && header.sh_type != SHT_REL) ||
		    !ko_section(check->ko, header.sh_info, &target) ||
		    !(target.sh_flags & SHF_ALLOC))
			continue;
		if (header.sh_type == SHT_REL)
			refuse(check, i, "relocations of type RELA", xstrdup("REL"));
		else
			ask_section(check, i, &header, &target);
	}
}
