// SPDX-License-Identifier: GPL-2.0-only
/* arch/arm64/kernel/module.c: apply_relocate_add(). */
#include "host/check/internal.h"

#include "common/alloc.h"

#include <string.h>

/* 256 is the old R_AARCH64_NONE. */
static bool is_nothing(unsigned int type)
{
	return type == R_AARCH64_NONE || type == 256;
}

/* The relocation types that the kernel supports. */
static bool is_known(unsigned int type)
{
	static const struct {
		unsigned int first, last;
	} known[] = {
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
	return is_nothing(type);
}

static void add(struct check *check, enum check_weight weight, size_t section, const char *expected,
		char *found, const char *hint)
{
	const char *name = ko_section_name(check->ko, section);

	check_add(check, weight, NULL, xasprintf("%s in %s", expected, name ? name : "a section"),
		  found, xstrdup(hint));
}

static void refuse(struct check *check, size_t section, const char *expected, char *found)
{
	add(check, CHECK_REFUSED, section, expected, found,
	    "Build it with the kernel's makefiles and compiler");
}

/* A relocation changes at most this many bytes from its offset. */
#define REACH 8

/*
 * The kernel does not check that a place is in its section: it writes there. After the
 * module's pages, no memory is mapped, and the kernel crashes.
 */
static void ask_place(struct check *check, size_t section, size_t target, uint64_t offset)
{
	Elf64_Shdr header;
	uint32_t room;
	bool dies;

	if (!ko_section(check->ko, target, &header) || offset < header.sh_size)
		return;
	room = check_room(check, target);
	dies = room < REACH || offset > room - REACH;
	add(check, dies ? CHECK_REFUSED : CHECK_NOTED, section, "relocations within their section",
	    xasprintf("one at %llu of %llu bytes", (unsigned long long)offset,
		      (unsigned long long)header.sh_size),
	    dies ? "Rebuild it: the kernel would write there and crash"
		 : "Rebuild it: the kernel overwrites other parts of the module");
}

/* The kernel does not reject a symbol outside of the table but reads it, which is dangerous. */
static bool ask(struct check *check, size_t section, const Elf64_Rela *rela)
{
	if (!is_known(ELF64_R_TYPE(rela->r_info)))
		refuse(check, section, "relocation types that the kernel supports",
		       xasprintf("type %u", (unsigned int)ELF64_R_TYPE(rela->r_info)));
	else if (ELF64_R_SYM(rela->r_info) >= check->ko->symbols.n / sizeof(Elf64_Sym))
		refuse(check, section, "relocations that refer to symbols of the file",
		       xasprintf("symbol %u", (unsigned int)ELF64_R_SYM(rela->r_info)));
	else
		return true;
	return false;
}

/* Reports at most one problem per section. */
static void ask_section(struct check *check, size_t section, const Elf64_Shdr *header)
{
	struct text all = ko_contents(check->ko, header);
	uint64_t farthest = 0;
	bool writes = false;

	for (size_t at = 0; all.n - at >= sizeof(Elf64_Rela); at += sizeof(Elf64_Rela)) {
		Elf64_Rela rela;

		memcpy(&rela, all.p + at, sizeof(rela));
		if (!ask(check, section, &rela))
			return;
		if (is_nothing(ELF64_R_TYPE(rela.r_info)))
			continue;
		writes = true;
		farthest = rela.r_offset > farthest ? rela.r_offset : farthest;
	}
	if (writes)
		ask_place(check, section, header->sh_info, farthest);
}

void check_relocations(struct check *check)
{
	Elf64_Shdr header;

	for (size_t i = 1; ko_section(check->ko, i, &header); i++) {
		if ((header.sh_type != SHT_RELA && header.sh_type != SHT_REL) ||
		    !check_is_kept(check, header.sh_info))
			continue;
		if (header.sh_type == SHT_REL)
			refuse(check, i, "relocations of type RELA", xstrdup("REL"));
		else
			ask_section(check, i, &header);
	}
}
