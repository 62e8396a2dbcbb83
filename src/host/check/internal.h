/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the rules of check.c. */
#ifndef OUTPOST_CHECK_INTERNAL_H
#define OUTPOST_CHECK_INTERNAL_H

#include "host/check/check.h"

/* A file being checked. */
struct check {
	const struct check_kernel *kernel;
	const struct ko *ko;
	const struct check_plan *plan;
	struct check_result *result;
	const struct check_rule *rule; /* the current rule */
	/* Created on first use. */
	struct check_crcs *crcs;
	struct check_others *others;
};

/*
 * A rule adds problems with check_add(). If a rule with `ends` finds any, the check stops:
 * later rules would read garbage.
 */
struct check_rule {
	const char *kind;
	void (*ask)(struct check *check);
	bool ends;
	unsigned int since; /* CHECK_VERSION(); 0: all supported versions */
};

enum check_weight {
	CHECK_NOTED, /* the kernel accepts it anyway */
	CHECK_REFUSED,
};

/* Takes ownership of the strings; `symbol`, which may be NULL, is copied. */
void check_add(struct check *check, enum check_weight weight, const char *symbol, char *expected,
	       char *found, char *hint);

/*
 * CHECK_NOTED if the kernel accepts modules without vermagic or CRCs:
 * CONFIG_MODULE_FORCE_LOAD, which Debian sets.
 */
enum check_weight check_force(const struct check *check);

/* elf.c */
void check_elf_size(struct check *check);
void check_elf_magic(struct check *check);
void check_elf_type(struct check *check);
void check_elf_machine(struct check *check);
void check_elf_class(struct check *check);
void check_section_table(struct check *check);
void check_section_zero(struct check *check);
void check_section_bounds(struct check *check);
void check_names_table(struct check *check);
void check_section_names(struct check *check);

/* sections.c */
/*
 * .modinfo, as this kernel version looks for it; a section that it does not find counts as
 * missing.
 */
bool check_has_modinfo(const struct check *check);
const char *check_modinfo_value(const struct check *check, const char *key, const char *previous);
void check_modinfo(struct check *check);
void check_this_module(struct check *check);
void check_this_module_size(struct check *check);
void check_symbol_table(struct check *check);
void check_string_table(struct check *check);
void check_plt(struct check *check);
void check_write_exec(struct check *check);
void check_page_size(struct check *check);
void check_name(struct check *check);

/* layout.c */
void check_size(struct check *check);
void check_percpu(struct check *check);
/* Is the section in memory after the module is loaded? */
bool check_is_kept(const struct check *check, size_t section);
/* How many bytes from the start of the section belong to the module: up to the end of its pages. */
uint32_t check_room(const struct check *check, size_t section);

/* signature.c */
void check_signature(struct check *check);

/* modinfo.c */
void check_vermagic(struct check *check);
void check_livepatch(struct check *check);

/* symbols.c */
void check_unresolved(struct check *check);
void check_gpl_only(struct check *check);
void check_crcs(struct check *check);
void check_namespaces(struct check *check);
void check_others_free(struct check_others *others);

/* own.c */
void check_export_crcs(struct check *check);
void check_common(struct check *check);
void check_symbol_sections(struct check *check);
void check_duplicates(struct check *check);

/* relocation.c */
void check_relocations(struct check *check);

/* crc.c */
void check_module_layout(struct check *check);
/* Adds a problem if the kernel's `crc` differs from the one that the module was built with. */
void check_crc(struct check *check, const char *symbol, uint32_t crc);
/* Does the kernel check CRCs, and does the module have a list of them? */
bool check_has_crcs(struct check *check);
void check_crcs_free(struct check_crcs *crcs);

/*
 * check_kernel.c: the folder with the include/ that the kernel was built from; the caller
 * frees it.
 */
char *check_source_of(const struct check_kernel *kernel);

/* known.c: a kernel's headers, cached when first needed. */
struct check_headers *check_headers_new(void) __attribute__((returns_nonnull));
void check_headers_free(struct check_headers *headers);

/* A clause about a symbol that is not exported. The caller frees it and *hint. */
char *check_known(const struct check_kernel *kernel, const char *symbol, char **hint);

#endif
