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

/* They are read where the file is, and not kept. */
static bool is_kept(const struct ko *ko, size_t section, const Elf64_Shdr *header)
{
	static const char *const others[] = { ".modinfo", "__versions", "__version_ext_crcs",
					      "__version_ext_names", PERCPU };
	const char *name = ko_section_name(ko, section);

	for (size_t i = 0; name && i < ARRAY_SIZE(others); i++)
		if (strcmp(name, others[i]) == 0)
			return false;
	return header->sh_flags & SHF_ALLOC;
}

/* Code, what is read, what is written; the second bit of each group is not set in it. */
static const uint64_t groups[][2] = {
	{ SHF_ALLOC | SHF_EXECINSTR, 0 },
	{ SHF_ALLOC, SHF_WRITE | SHF_EXECINSTR },
	{ SHF_ALLOC | SHF_WRITE, SHF_EXECINSTR },
};

/* module_get_offset(): in 32 bits, with what the header says cut to them. */
static uint32_t place(uint32_t size, const Elf64_Shdr *header)
{
	uint32_t mask = (uint32_t)(header->sh_addralign ? header->sh_addralign : 1) - 1;

	return ((size + mask) & ~mask) + (uint32_t)header->sh_size;
}

/* Since 6.4 each group has an area of its own. */
static uint32_t largest_area(const struct check *check, bool init)
{
	bool apart = check->kernel->version >= CHECK_VERSION(6, 4);
	uint32_t size = 0, largest = 0;
	Elf64_Shdr header;

	for (size_t group = 0; group < ARRAY_SIZE(groups); group++) {
		for (size_t i = 1; ko_section(check->ko, i, &header); i++) {
			const char *name = ko_section_name(check->ko, i);

			if (is_kept(check->ko, i, &header) &&
			    (header.sh_flags & groups[group][0]) == groups[group][0] &&
			    !(header.sh_flags & groups[group][1]) &&
			    (name && strncmp(name, ".init", 5) == 0) == init)
				size = place(size, &header);
		}
		largest = size > largest ? size : largest;
		if (apart)
			size = 0;
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
#define LEAST_PAGE       4096
#define LEAST_ALLOCATION 4 /* PCPU_MIN_ALLOC_SIZE */

/* Less than a page counts as it is, more as one, and very little as what is allocated at least. */
static bool percpu_alignment_fits(uint64_t alignment)
{
	return alignment < LEAST_ALLOCATION || alignment > LEAST_PAGE ||
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
			  xstrdup("The kernel has no more to give to modules: use "
				  "alloc_percpu()."));
	if (!percpu_alignment_fits(header.sh_addralign))
		check_add(check, CHECK_REFUSED, NULL,
			  xstrdup("section " PERCPU " aligned to a power of two"),
			  xasprintf("%llu", (unsigned long long)header.sh_addralign),
			  xstrdup("The file is damaged: build it anew, or copy it again."));
}
