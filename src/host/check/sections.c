// SPDX-License-Identifier: GPL-2.0-only
/* The sections that make an object a module: setup_load_info(), layout_and_allocate(). */
#include "host/check/internal.h"

#include "common/alloc.h"

#include <string.h>

#define THIS_MODULE ".gnu.linkonce.this_module"

/* The kernel asked for exactly one of each only since 6.4. */
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

/* Without it there is no vermagic, no licence and no name; check_vermagic() says what comes of it.
 */
void check_modinfo(struct check *check)
{
	size_t count;

	ko_find_any(check->ko, ".modinfo", &count);
	if (count > 1 && wants_one(check))
		refuse(check, "one section .modinfo", "more than one",
		       "Link it again; 'ld -r' of two modules does not make one.");
	if (!check_has_modinfo(check))
		check_add(
			check, CHECK_NOTED, NULL, xstrdup("a section .modinfo"),
			xstrdup(count ? "one that is not loaded" : "none"),
			xstrdup("Was it built by kbuild? 'objcopy' and 'strip' can take it out."));
}

void check_this_module(struct check *check)
{
	size_t count, index = ko_find_any(check->ko, THIS_MODULE, &count);
	Elf64_Shdr header = { 0 };

	ko_section(check->ko, index, &header);
	if (!ko_find(check->ko, THIS_MODULE))
		refuse(check, "a section " THIS_MODULE, count ? "one that is not loaded" : "none",
		       "This is an object, not yet a module: modpost and the last link make one "
		       "of it.");
	else if (header.sh_type == SHT_NOBITS) /* before 6.4 nobody looks, and the kernel oopses */
		refuse(check, "a section " THIS_MODULE " with content", "one without",
		       "Rebuild it.");
	else if (wants_one(check) && count > 1)
		refuse(check, "one section " THIS_MODULE, "more than one", "Rebuild it.");
}

/* sizeof(struct module) is not written in a tree; but the compiler knew it when it made the symbol.
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
			  xstrdup("Rebuild it."));
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
		refuse(check, "a symbol table", "none: it was stripped",
		       "Strip modules with 'strip --strip-debug', never with a bare 'strip'; "
		       "outpost build strips what is sent itself.");
	else if (n > 1 && wants_one(check))
		refuse(check, "one symbol table", "more than one", "Rebuild it.");
}

void check_string_table(struct check *check)
{
	Elf64_Shdr header = { 0 };
	bool found = check->ko->strings != SHN_UNDEF &&
		     ko_section(check->ko, check->ko->strings, &header);

	if (!found)
		refuse(check, "a table with the symbols' names", "none", "Rebuild it.");
	else if (header.sh_type != SHT_STRTAB && check->kernel->version >= CHECK_VERSION(6, 12))
		refuse(check, "a table with the symbols' names of type STRTAB", "another type",
		       "Rebuild it.");
}

static void want_section(struct check *check, const char *name, bool loaded)
{
	if (loaded ? ko_find(check->ko, name) : ko_find_any(check->ko, name, NULL))
		return;
	check_add(check, CHECK_REFUSED, NULL, xasprintf("a section %s", name), xstrdup("none"),
		  xstrdup("Build it with the kernel's own makefiles: scripts/module.lds makes "
			  "these sections."));
}

/* arch/arm64: module_frob_arch_sections() and module_init_ftrace_plt() */
void check_plt(struct check *check)
{
	const struct check_kernel *k = check->kernel;
	bool plts = check_config(k, "CONFIG_ARM64_MODULE_PLTS") ||
		    k->version >= CHECK_VERSION(6, 5); /* not optional any more */

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
				  xstrdup("Code and data that share a section need one each."));
	}
}

/* Not in vermagic, and in few CRCs: the kernel loads it, and PAGE_SIZE is wrong in it. */
void check_page_size(struct check *check)
{
	static const char *const aligned[] = { ".data..page_aligned", ".bss..page_aligned" };
	const struct check_kernel *k = check->kernel;
	uint32_t size = k->board_page_size ? k->board_page_size : k->page_size;
	Elf64_Shdr header;

	if (size && k->page_size && size != k->page_size)
		check_add(check, CHECK_NOTED, NULL, xasprintf("pages of %u bytes", size),
			  xasprintf("the tree is for pages of %u bytes", k->page_size),
			  xstrdup("The kernel does not notice. Get the tree of the kernel that "
				  "the board runs: outpost kernel sync."));
	for (size_t i = 0; i < ARRAY_SIZE(aligned); i++) {
		size_t index = ko_find(check->ko, aligned[i]);

		if (!size || !index || !ko_section(check->ko, index, &header) ||
		    header.sh_addralign == size || header.sh_addralign <= 1)
			continue;
		check_add(check, CHECK_NOTED, NULL, xasprintf("pages of %u bytes", size),
			  xasprintf("%s is aligned for pages of %llu", aligned[i],
				    (unsigned long long)header.sh_addralign),
			  xstrdup("The kernel does not notice. Build it for the kernel that the "
				  "board runs."));
	}
}

/* struct module: its state (4 bytes, and 4 of padding), a list_head, then its name. */
#define NAME_OFFSET 24

void check_name(struct check *check)
{
	struct text module = ko_contents_of(check->ko, THIS_MODULE);

	if (module.n > NAME_OFFSET && !module.p[NAME_OFFSET])
		refuse(check, "a name in section " THIS_MODULE, "none", "Rebuild it.");
}
