// SPDX-License-Identifier: GPL-2.0-only
#include "host/check/internal.h"

#include "common/alloc.h"
#include "common/strbuf.h"

#include <errno.h>
#include <string.h>

/*
 * The order of load_module(). A new row has a function, a name that tests/tools/variants.c has
 * a case for and, if the rule came with a version of Linux, that version.
 */
static const struct check_rule rules[] = {
	/* module_sig_check() */
	{ "signature", check_signature },
	/* elf_validity_check(), since 6.4 elf_validity_cache_copy() */
	{ "elf-size", check_elf_size, true },
	{ "elf-magic", check_elf_magic, true },
	{ "elf-type", check_elf_type, true },
	{ "elf-machine", check_elf_machine, true },
	{ "elf-class", check_elf_class },
	{ "section-table", check_section_table, true },
	{ "section-zero", check_section_zero, true },
	{ "section-bounds", check_section_bounds, true },
	{ "section-names-table", check_names_table, true },
	{ "section-names", check_section_names, true },
	/* setup_load_info() */
	{ "modinfo", check_modinfo },
	{ "this-module", check_this_module, true },
	{ "this-module-size", check_this_module_size, true, CHECK_VERSION(6, 4) },
	{ "symbol-table", check_symbol_table, true },
	{ "string-table", check_string_table, true },
	/* check_modstruct_version() and check_modinfo(), since 6.4 early_mod_check() */
	{ "module-layout", check_module_layout },
	{ "vermagic", check_vermagic },
	{ "livepatch", check_livepatch },
	/* layout_and_allocate() */
	{ "plt", check_plt },
	{ "write-exec", check_write_exec },
	{ "too-large", check_size },
	{ "page-size", check_page_size },
	/* percpu_modalloc() */
	{ "percpu", check_percpu },
	/* check_export_symbol_versions() */
	{ "export-crc", check_export_crcs },
	/* simplify_symbols() */
	{ "common", check_common },
	{ "symbol-section", check_symbol_sections },
	{ "unresolved", check_unresolved },
	{ "gpl-only", check_gpl_only },
	{ "crc", check_crcs },
	{ "namespace", check_namespaces },
	/* apply_relocations() */
	{ "relocation", check_relocations },
	/* complete_formation() */
	{ "duplicate", check_duplicates },
	/* mod_sysfs_setup() */
	{ "name", check_name },
};

const char *check_rule_name(size_t i)
{
	return i < ARRAY_SIZE(rules) ? rules[i].kind : NULL;
}

/* --- problems ------------------------------------------------------------------------- */

void check_add(struct check *check, enum check_weight weight, const char *symbol, char *expected,
	       char *found, char *hint)
{
	struct check_result *r = check->result;

	GROW(r->problems, r->n);
	r->problems[r->n++] = (struct check_problem){
		.kind = check->rule->kind,
		.symbol = xstrdup(symbol ? symbol : ""),
		.expected = expected,
		.found = found,
		.hint = hint,
		.fatal = weight == CHECK_REFUSED,
	};
	if (weight == CHECK_REFUSED)
		r->loads = false;
}

void check_result_release(struct check_result *result)
{
	for (size_t i = 0; i < result->n; i++) {
		free(result->problems[i].symbol);
		free(result->problems[i].expected);
		free(result->problems[i].found);
		free(result->problems[i].hint);
	}
	free(result->problems);
	*result = (struct check_result){ 0 };
}

enum check_weight check_force(const struct check *check)
{
	return check_config(check->kernel, "CONFIG_MODULE_FORCE_LOAD") ? CHECK_NOTED
								       : CHECK_REFUSED;
}

/* --- asking --------------------------------------------------------------------------- */

void check_ko(const struct check_kernel *kernel, const struct ko *ko, const struct check_plan *plan,
	      struct check_result *result)
{
	static const struct check_plan alone;
	struct check check = {
		.kernel = kernel, .ko = ko, .plan = plan ? plan : &alone, .result = result
	};

	*result = (struct check_result){ .loads = true };
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		size_t before = result->n;

		check.rule = &rules[i];
		if (kernel->version < rules[i].since ||
		    (check.plan->without && strcmp(check.plan->without, rules[i].kind) == 0))
			continue;
		rules[i].ask(&check);
		if (rules[i].ends && result->n > before)
			break;
	}
	check_crcs_free(check.crcs);
	check_others_free(check.others);
}

/* A file that cannot be unpacked never gets to the kernel. */
static void add_damaged(struct check_result *result, int r)
{
	static const struct check_rule packed = { "packed" };
	struct check check = { .result = result, .rule = &packed };

	*result = (struct check_result){ .loads = true };
	check_add(&check, CHECK_REFUSED, NULL, xstrdup("a file that can be decompressed"),
		  xstrdup(r == -EFBIG ? "more than 512 MiB" : "damaged or truncated data"),
		  xstrdup("Compress or copy the file again"));
}

int check_file(const struct check_kernel *kernel, const char *path, const struct check_plan *plan,
	       struct check_result *result)
{
	_cleanup_(ko_freep) struct ko *ko = NULL;
	int r = ko_open(path, &ko);

	*result = (struct check_result){ 0 };
	if (r == -EBADMSG || r == -EFBIG)
		add_damaged(result, r);
	else if (r < 0)
		return r;
	else
		check_ko(kernel, ko, plan, result);
	return 0;
}

char *check_summary(const struct check_result *result)
{
	const struct check_problem *first = NULL;
	size_t more = 0;

	for (size_t i = 0; i < result->n; i++) {
		if (!result->problems[i].fatal)
			continue;
		more += first != NULL;
		first = first ? first : &result->problems[i];
	}
	if (!first)
		return xstrdup("would load");
	if (!more)
		return xasprintf("%s%s%s: %s", first->kind, *first->symbol ? " " : "",
				 first->symbol, first->found);
	return xasprintf("%s%s%s: %s; and %zu more", first->kind, *first->symbol ? " " : "",
			 first->symbol, first->found, more);
}

char *check_machine_name(int machine)
{
	static const struct {
		int machine;
		const char *name;
	} names[] = {
		{ EM_AARCH64, "aarch64" }, { EM_ARM, "32-bit Arm" },      { EM_X86_64, "x86-64" },
		{ EM_386, "32-bit x86" },  { EM_RISCV, "RISC-V" },        { EM_PPC64, "POWER" },
		{ EM_S390, "s390" },       { EM_LOONGARCH, "LoongArch" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].machine == machine)
			return xstrdup(names[i].name);
	return xasprintf("machine %d", machine);
}
