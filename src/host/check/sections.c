// SPDX-License-Identifier: GPL-2.0-only
/* The sections that turn an object into a module: setup_load_info(), layout_and_allocate(). */
#include "host/check/internal.h"

#include "common/alloc.h"

#include <string.h>

#define THIS_MODULE ".gnu.linkonce.this_module"

/* Kernels require exactly one of each only since 6.4. */
static bool wants_one(const struct check *check)
{
	return check->kernel->version >= CHECK_VERSION(6, 4);
}

bool check_has_modinfo(const struct check *check)
{
	return wants_one(check) ? ko_find_any(check->ko, ".modinfo", NULL)
				: ko_find(check->ko, ".modinfo");
}

const char *check_modinfo_value(const struct check *check, const char *key, const char *previous)
{
	return check_has_modinfo(check) ? ko_modinfo(check->ko, key, previous) : NULL;
}

static void refuse(struct check *check, const char *expected, const char *found, const char *hint)
{
	check_add(check, CHECK_REFUSED, NULL, xstrdup(expected), xstrdup(found), xstrdup(hint));
}

/*
 * Without .modinfo, vermagic, licence and name are missing; check_vermagic() reports the
 * consequences.
 */
void check_modinfo(struct check *check)
{
	size_t count;

	ko_find_any(check->ko, ".modinfo", &count);
	if (count > 1 && wants_one(check))
		refuse(check, "exactly one section .modinfo", "more than one",
		       "Link it again; 'ld -r' does not turn two modules into one");
	if (!check_has_modinfo(check))
		check_add(
			check, CHECK_NOTED, NULL, xstrdup("a section .modinfo"),
			xstrdup(count ? "a section that is not loaded" : "none"),
			xstrdup("Build it with kbuild; 'objcopy' and 'strip' may have removed it"));
}

void check_this_module(struct check *check)
{
	size_t count, index = ko_find_any(check->ko, THIS_MODULE, &count);
	Elf64_Shdr header = { 0 };

	ko_section(check->ko, index, &header);
	if (!ko_find(check->ko, THIS_MODULE))
		refuse(check, "a section " THIS_MODULE,
		       count ? "a section that is not loaded" : "none",
		       "This object is not yet a module: kbuild runs modpost and links it again to "
		       "make one");
	else if (header.sh_type == SHT_NOBITS) /* before 6.4 not checked: the kernel oopses */
		refuse(check, "a section " THIS_MODULE " with contents", "one without contents",
		       "Rebuild it");
	else if (wants_one(check) && count > 1)
		refuse(check, "exactly one section " THIS_MODULE, "more than one", "Rebuild it");
}

/*
 * A tree does not contain sizeof(struct module), but the compiler recorded it as the size of
 * the symbol.
 */
void check_this_module_size(struct check *check)
{
	Elf64_Shdr header = { 0 };
	Elf64_Sym symbol;
	const char *name;

	ko_section(check->ko, ko_find(check->ko, THIS_MODULE), &header);
	for (size_t i = 1; ko_symbol(check->ko, i, &symbol, &name); i++) {
		if (!name || strcmp(name, "__this_module") != 0 || symbol.st_size == header.sh_size)
			continue;
		check_add(check, CHECK_REFUSED, NULL,
			  xasprintf("a section " THIS_MODULE " as large as struct module, %llu "
				    "bytes",
				    (unsigned long long)symbol.st_size),
			  xasprintf("%llu bytes", (unsigned long long)header.sh_size),
			  xstrdup("Rebuild it"));
		return;
	}
}

void check_symbol_table(struct check *check)
{
	Elf64_Shdr header;
	size_t n = 0;

	for (size_t i = 1; ko_section(check->ko, i, &header); i++)
		n += header.sh_type == SHT_SYMTAB;
	if (!n)
		refuse(check, "a symbol table", "none: the file was stripped",
		       "Strip modules with 'strip --strip-debug', not with 'strip' alone; "
		       "outpost build strips the file that it sends");
	else if (n > 1 && wants_one(check))
		refuse(check, "exactly one symbol table", "more than one", "Rebuild it");
}

void check_string_table(struct check *check)
{
	Elf64_Shdr header = { 0 };
	bool found = check->ko->strings != SHN_UNDEF &&
		     ko_section(check->ko, check->ko->strings, &header);

	if (!found)
		refuse(check, "a table with the symbol names", "none", "Rebuild it");
	else if (header.sh_type != SHT_STRTAB && check->kernel->version >= CHECK_VERSION(6, 12))
		refuse(check, "a table of type STRTAB with the symbol names", "another type",
		       "Rebuild it");
}

static void want_section(struct check *check, const char *name, bool loaded)
{
	if (loaded ? ko_find(check->ko, name) : ko_find_any(check->ko, name, NULL))
		return;
	check_add(check, CHECK_REFUSED, NULL, xasprintf("a section %s", name), xstrdup("none"),
		  xstrdup("Build it with the kernel's makefiles: scripts/module.lds creates "
			  "these sections"));
}

/* arch/arm64: module_frob_arch_sections() and module_init_ftrace_plt() */
void check_plt(struct check *check)
{
	const struct check_kernel *k = check->kernel;
	bool plts = check_config(k, "CONFIG_ARM64_MODULE_PLTS") ||
		    k->version >= CHECK_VERSION(6, 5); /* no longer optional */

	if (!plts)
		return;
	want_section(check, ".plt", false);
	want_section(check, ".init.plt", false);
	if (!check_config(k, "CONFIG_DYNAMIC_FTRACE"))
		return;
	want_section(check, ".text.ftrace_trampoline", false);
	if (k->version >= CHECK_VERSION(6, 12))
		want_section(check, ".init.text.ftrace_trampoline", false);
}

void check_write_exec(struct check *check)
{
	const uint64_t both = SHF_WRITE | SHF_EXECINSTR;
	Elf64_Shdr header;

	if (!check_config(check->kernel, "CONFIG_STRICT_MODULE_RWX"))
		return;
	for (size_t i = 0; ko_section(check->ko, i, &header); i++) {
		const char *name = ko_section_name(check->ko, i);

		if ((header.sh_flags & both) == both)
			check_add(check, CHECK_REFUSED, NULL,
				  xasprintf("section %s writable or executable, not both",
					    name ? name : "?"),
				  xstrdup("both"),
				  xstrdup("Put code and data in separate sections"));
	}
}

/*
 * vermagic does not include the page size, and few CRCs depend on it: the kernel loads the
 * module, and PAGE_SIZE is wrong in it.
 */
void check_page_size(struct check *check)
{
	static const char *const aligned[] = { ".data..page_aligned", ".bss..page_aligned" };
	const struct check_kernel *k = check->kernel;
	uint32_t size = k->board_page_size ? k->board_page_size : k->page_size;
	Elf64_Shdr header;

	if (size && k->page_size && size != k->page_size)
		check_add(
			check, CHECK_NOTED, NULL, xasprintf("pages of %u bytes", size),
			xasprintf("the tree is for pages of %u bytes", k->page_size),
			xstrdup("The kernel does not detect this. Get the tree of the kernel that "
				"the board runs: outpost kernel sync."));
	for (size_t i = 0; i < ARRAY_SIZE(aligned); i++) {
		size_t index = ko_find(check->ko, aligned[i]);

		if (!size || !index || !ko_section(check->ko, index, &header) ||
		    header.sh_addralign == size || header.sh_addralign <= 1)
			continue;
		check_add(
			check, CHECK_NOTED, NULL, xasprintf("pages of %u bytes", size),
			xasprintf("%s is aligned for pages of %llu", aligned[i],
				  (unsigned long long)header.sh_addralign),
			xstrdup("The kernel does not detect this. Build it for the kernel that the "
				"board runs."));
	}
}

/* struct module: state (4 bytes, and 4 of padding), a list_head, then the name. */
#define NAME_OFFSET 24

void check_name(struct check *check)
{
	struct text module = ko_contents_of(check->ko, THIS_MODULE);

	if (module.n > NAME_OFFSET && !module.p[NAME_OFFSET])
		refuse(check, "a name in section " THIS_MODULE, "none", "Rebuild it");
}
