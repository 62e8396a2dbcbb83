// SPDX-License-Identifier: GPL-2.0-only
/* The memory layout of a module: layout_sections(), module_alloc(), percpu_modalloc(). */
#include "host/check/internal.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/process.h"
#include "common/strv.h"

#include <string.h>

#define PERCPU ".data..percpu"

/*
 * module_alloc() can allocate at most 2 GiB: that is how far code can jump. How much of it,
 * and of the board's memory, is free is not known in advance.
 */
#define ROOM (2u << 30)

static uint32_t page_of(const struct check_kernel *k)
{
	uint32_t page = k->board_page_size ? k->board_page_size : k->page_size;

	return page ? page : 4096;
}

/* SHF_RO_AFTER_INIT (include/linux/module.h) */
#define RO_AFTER_INIT 0x00200000

/* The section's flags when the kernel lays out the module. */
static uint64_t flags_of(const struct ko *ko, size_t section, const Elf64_Shdr *header)
{
	/* Sections that are read in place, and those that module_frob_arch_sections() resizes. */
	char *const *not_kept =
		ARGV(".modinfo", "__versions", "__version_ext_crcs", "__version_ext_names", PERCPU);
	char *const *resized = ARGV(".plt", ".init.plt", ".text.ftrace_trampoline",
				    ".init.text.ftrace_trampoline");
	char *const *late = ARGV(".data..ro_after_init", "__jump_table");
	const char *name = ko_section_name(ko, section);

	if (!name)
		return header->sh_flags;
	if (strv_contains(not_kept, name) || strv_contains(resized, name))
		return 0;
	return header->sh_flags | (strv_contains(late, name) ? RO_AFTER_INIT : 0);
}

/*
 * Code, read-only data, data that is read-only after init, writable data. A section belongs to
 * a group if it has all flags in the first column and none in the second.
 */
static const uint64_t groups[][2] = {
	{ SHF_ALLOC | SHF_EXECINSTR, 0 },
	{ SHF_ALLOC, SHF_WRITE | SHF_EXECINSTR },
	{ SHF_ALLOC | SHF_WRITE | RO_AFTER_INIT, SHF_EXECINSTR },
	{ SHF_ALLOC | SHF_WRITE, SHF_EXECINSTR | RO_AFTER_INIT },
};

struct area {
	uint32_t size;
	uint32_t begin; /* start of the wanted section, if it is in this area */
	bool found;
};

/* module_get_offset(): in 32-bit arithmetic, with the header's values truncated. */
static uint32_t place(struct area *area, const Elf64_Shdr *header)
{
	uint32_t mask = (uint32_t)(header->sh_addralign ? header->sh_addralign : 1) - 1;
	uint32_t begin = (area->size + mask) & ~mask;

	area->size = begin + (uint32_t)header->sh_size;
	return begin;
}

/* layout_symtab(): after the data, while init runs; less of it is kept afterwards. */
static void place_symbols(const struct check *check, struct area *area)
{
	Elf64_Shdr symbols = { 0 }, strings = { 0 };

	if (!check_config(check->kernel, "CONFIG_KALLSYMS"))
		return;
	ko_section(check->ko, check->ko->symbol_table, &symbols);
	ko_section(check->ko, check->ko->strings, &strings);
	place(area, &symbols);
	place(area, &strings);
}

static bool is_init(const struct ko *ko, size_t section)
{
	const char *name = ko_section_name(ko, section);

	return name && strncmp(name, ".init", 5) == 0;
}

static void place_group(const struct check *check, const uint64_t group[2], bool init,
			size_t wanted, struct area *area)
{
	Elf64_Shdr header;

	for (size_t i = 1; ko_section(check->ko, i, &header); i++) {
		uint64_t flags = flags_of(check->ko, i, &header);
		uint32_t begin;

		if ((flags & group[0]) != group[0] || (flags & group[1]) ||
		    is_init(check->ko, i) != init)
			continue;
		begin = place(area, &header);
		if (i == wanted) {
			area->begin = begin;
			area->found = true;
		}
	}
}

static void round_up(struct area *area, uint32_t page)
{
	area->size = (area->size + page - 1) & ~(page - 1);
}

/*
 * The size of the largest area for the sections of init, or for the others; *room is the
 * distance from the start of section `wanted` to the end of its area. Each group has its own
 * pages and, since 6.4, its own area.
 */
static uint32_t lay_out(const struct check *check, bool init, size_t wanted, uint32_t *room)
{
	const bool apart = check->kernel->version >= CHECK_VERSION(6, 4);
	struct area area = { 0 };
	uint32_t largest = 0;

	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		bool last = i == ARRAY_SIZE(groups) - 1;

		place_group(check, groups[i], init, wanted, &area);
		if (last)
			place_symbols(check, &area);
		round_up(&area, page_of(check->kernel));
		if (!last && !apart)
			continue;
		largest = area.size > largest ? area.size : largest;
		if (area.found)
			*room = area.size - area.begin;
		area = (struct area){ 0 };
	}
	return largest;
}

void check_size(struct check *check)
{
	uint32_t room;

	if (lay_out(check, false, 0, &room) < ROOM && lay_out(check, true, 0, &room) < ROOM)
		return;
	check_add(check, CHECK_REFUSED, NULL, xstrdup("less than 2 GiB in memory"), xstrdup("more"),
		  xstrdup("Allocate large arrays at run time"));
}

bool check_is_kept(const struct check *check, size_t section)
{
	Elf64_Shdr header;

	return ko_section(check->ko, section, &header) &&
	       (flags_of(check->ko, section, &header) & SHF_ALLOC);
}

uint32_t check_room(const struct check *check, size_t section)
{
	uint32_t room = 0;

	lay_out(check, is_init(check->ko, section), section, &room);
	return room;
}

/* PERCPU_MODULE_RESERVE: for all modules together; how much of it is in use is not known. */
#define PERCPU_ROOM      (8u << 10)
#define LEAST_ALLOCATION 4 /* PCPU_MIN_ALLOC_SIZE */

/* The kernel caps the alignment at a page and raises it to the minimum allocation. */
static bool percpu_alignment_fits(const struct check_kernel *k, uint64_t alignment)
{
	return alignment < LEAST_ALLOCATION || alignment > page_of(k) ||
	       !(alignment & (alignment - 1));
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
			  xstrdup("The kernel reserves no more for modules: use "
				  "alloc_percpu()"));
	if (!percpu_alignment_fits(check->kernel, header.sh_addralign))
		check_add(check, CHECK_REFUSED, NULL,
			  xstrdup("section " PERCPU " aligned to a power of two"),
			  xasprintf("%llu", (unsigned long long)header.sh_addralign),
			  xstrdup("The file is damaged: rebuild it or copy it again"));
}
