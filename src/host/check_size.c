// SPDX-License-Identifier: GPL-2.0-only
/* What a module takes when it is loaded: layout_sections(), module_alloc(), percpu_modalloc(). */
#include "host/check_internal.h"

#include "common/alloc.h"
#include "common/cleanup.h"

#include <string.h>

#define PERCPU ".data..percpu"

/*
 * module_alloc() has at most 2 GiB to give: that is how far code can jump. What
 * is free of them, and of the board's memory, nobody knows before.
 */
#define ROOM (2u << 30)

static bool is_one_of(const char *name, const char *const *names)
{
	for (; *names; names++)
		if (strcmp(name, *names) == 0)
			return true;
	return false;
}

/* SHF_RO_AFTER_INIT (include/linux/module.h) */
#define RO_AFTER_INIT 0x00200000

/* What the kernel has made of its flags when it lays it out. */
static uint64_t flags_of(const struct ko *ko, size_t section, const Elf64_Shdr *header)
{
	/* Read where the file is; and what module_frob_arch_sections() sizes itself. */
	static const char *const not_kept[] = {
		".modinfo", "__versions", "__version_ext_crcs", "__version_ext_names", PERCPU, NULL
	};
	static const char *const resized[] = { ".plt", ".init.plt", ".text.ftrace_trampoline",
					       ".init.text.ftrace_trampoline", NULL };
	static const char *const late[] = { ".data..ro_after_init", "__jump_table", NULL };
	const char *name = ko_section_name(ko, section);

	if (!name)
		return header->sh_flags;
	if (is_one_of(name, not_kept) || is_one_of(name, resized))
		return 0;
	return header->sh_flags | (is_one_of(name, late) ? RO_AFTER_INIT : 0);
}

/*
 * Code, what is read, what is written once, what is written; the second bits of
 * each group are not set in it.
 */
static const uint64_t groups[][2] = {
	{ SHF_ALLOC | SHF_EXECINSTR, 0 },
	{ SHF_ALLOC, SHF_WRITE | SHF_EXECINSTR },
	{ SHF_ALLOC | SHF_WRITE | RO_AFTER_INIT, SHF_EXECINSTR },
	{ SHF_ALLOC | SHF_WRITE, SHF_EXECINSTR | RO_AFTER_INIT },
};

/* module_get_offset(): in 32 bits, with what the header says cut to them. */
static uint32_t place(uint32_t size, const Elf64_Shdr *header)
{
	uint32_t mask = (uint32_t)(header->sh_addralign ? header->sh_addralign : 1) - 1;

	return ((size + mask) & ~mask) + (uint32_t)header->sh_size;
}

/* layout_symtab(): behind the data, for as long as its init runs; what stays is less. */
static uint32_t place_symbols(const struct check *check, uint32_t size)
{
	Elf64_Shdr symbols = { 0 }, strings = { 0 };

	if (!check_config(check->kernel, "CONFIG_KALLSYMS"))
		return size;
	ko_section(check->ko, check->ko->symbol_table, &symbols);
	ko_section(check->ko, check->ko->strings, &strings);
	return place(place(size, &symbols), &strings);
}

static uint32_t place_group(const struct check *check, const uint64_t group[2], bool init,
			    uint32_t size)
{
	Elf64_Shdr header;

	for (size_t i = 1; ko_section(check->ko, i, &header); i++) {
		const char *name = ko_section_name(check->ko, i);
		uint64_t flags = flags_of(check->ko, i, &header);

		if ((flags & group[0]) == group[0] && !(flags & group[1]) &&
		    (name && strncmp(name, ".init", 5) == 0) == init)
			size = place(size, &header);
	}
	return size;
}

/* Since 6.4 each group has an area of its own. */
static uint32_t largest_area(const struct check *check, bool init)
{
	bool apart = check->kernel->version >= CHECK_VERSION(6, 4);
	uint32_t size = 0, largest = 0;

	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		size = place_group(check, groups[i], init, apart ? 0 : size);
		if (i == ARRAY_SIZE(groups) - 1)
			size = place_symbols(check, size);
		largest = size > largest ? size : largest;
	}
	return apart ? largest : size;
}

void check_size(struct check *check)
{
	if (largest_area(check, false) < ROOM && largest_area(check, true) < ROOM)
		return;
	check_add(check, CHECK_REFUSED, NULL, xstrdup("less than 2 GiB to load"), xstrdup("more"),
		  xstrdup("Large arrays are to be allocated when they are needed."));
}

/* PERCPU_MODULE_RESERVE: for all modules together, without what others took of it. */
#define PERCPU_ROOM      (8u << 10)
#define LEAST_ALLOCATION 4 /* PCPU_MIN_ALLOC_SIZE */

/* Less than a page counts as it is, more as one, and very little as what is allocated at least. */
static bool percpu_alignment_fits(const struct check_kernel *k, uint64_t alignment)
{
	uint32_t page = k->board_page_size ? k->board_page_size : k->page_size;

	return alignment < LEAST_ALLOCATION || alignment > page || !(alignment & (alignment - 1));
}

void check_percpu(struct check *check)
{
	size_t index = ko_find(check->ko, PERCPU);
	Elf64_Shdr header;

	if (!check_config(check->kernel, "CONFIG_SMP") || !index ||
	    !ko_section(check->ko, index, &header) || !header.sh_size)
		return;
	if (header.sh_size > PERCPU_ROOM)
		check_add(check, CHECK_REFUSED, NULL,
			  xasprintf("at most %u bytes of DEFINE_PER_CPU()", PERCPU_ROOM),
			  xasprintf("%llu", (unsigned long long)header.sh_size),
			  xstrdup("The kernel has no more to give to modules: use "
				  "alloc_percpu()."));
	if (!percpu_alignment_fits(check->kernel, header.sh_addralign))
		check_add(check, CHECK_REFUSED, NULL,
			  xstrdup("section " PERCPU " aligned to a power of two"),
			  xasprintf("%llu", (unsigned long long)header.sh_addralign),
			  xstrdup("The file is damaged: build it anew, or copy it again."));
}
