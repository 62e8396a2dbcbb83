// SPDX-License-Identifier: GPL-2.0-only
/* The symbols that a module uses and exports: simplify_symbols(), resolve_symbol(). */
#include "host/check/internal.h"

#include "common/alloc.h"
#include "common/fs.h"

#include <string.h>

/* --- who exports ---------------------------------------------------------------------- */

struct other {
	const char *name;
	struct ko *ko;
	struct ko_export *exports;
	size_t n;
};

/* The modules that are loaded with the checked one. */
struct check_others {
	struct other *items;
	size_t n;
};

void check_others_free(struct check_others *others)
{
	if (!others)
		return;
	for (size_t i = 0; i < others->n; i++) {
		free(others->items[i].exports);
		ko_free(others->items[i].ko);
	}
	free(others->items);
	free(others);
}

static const struct check_others *get_others(struct check *check)
{
	const struct module_list *list = check->plan->others;
	struct check_others *o = check->others;

	if (o)
		return o;
	o = check->others = xcalloc(1, sizeof(*o));
	for (size_t i = 0; list && i < list->n; i++) {
		struct other other = { .name = list->modules[i]->name };

		if (!list->modules[i]->stripped ||
		    ko_open(list->modules[i]->stripped, &other.ko) < 0)
			continue;
		other.n = ko_exports(other.ko, &other.exports);
		GROW(o->items, o->n);
		o->items[o->n++] = other;
	}
	return o;
}

/* An undefined symbol and its exporter. */
struct use {
	const char *name;
	bool weak;
	const char *module; /* NULL: not exported */
	bool in_plan;       /* exported by one of the modules loaded with it */
	bool gpl, has_crc;
	uint32_t crc;
	const char *name_space;
};

static void find_in_plan(struct check *check, struct use *use)
{
	const struct check_others *others = get_others(check);

	for (size_t i = 0; i < others->n && !use->module; i++)
		for (size_t k = 0; k < others->items[i].n; k++) {
			const struct ko_export *e = &others->items[i].exports[k];

			if (strcmp(e->name, use->name) != 0)
				continue;
			use->module = others->items[i].name;
			use->in_plan = true;
			use->gpl = e->gpl;
			use->has_crc = e->has_crc;
			use->crc = e->crc;
			use->name_space = e->name_space;
			break;
		}
}

static void find_exporter(struct check *check, struct use *use)
{
	const struct symvers_symbol *s = symvers_find(check->kernel->symvers, use->name);

	if (!s) {
		find_in_plan(check, use);
		return;
	}
	use->module = s->module;
	use->gpl = s->gpl;
	use->has_crc = true;
	use->crc = s->crc;
	use->name_space = s->name_space;
}

/* The next undefined symbol, starting at *index. */
static bool next_use(struct check *check, size_t *index, struct use *use)
{
	Elf64_Sym symbol;
	const char *name;

	*index = *index ? *index : 1;
	while (ko_symbol(check->ko, (*index)++, &symbol, &name)) {
		if (symbol.st_shndx != SHN_UNDEF)
			continue;
		*use = (struct use){ .name = name ? name : "",
				     .weak = ELF64_ST_BIND(symbol.st_info) == STB_WEAK,
				     .name_space = "" };
		find_exporter(check, use);
		return true;
	}
	return false;
}

/* --- is it there ------------------------------------------------------------------------ */

static bool is_in_list(const char *list, const char *module)
{
	_cleanup_free_ char *copy = xstrdup(list ? list : "");
	char *rest = copy;

	for (char *word; (word = strsep(&rest, ","));) {
		_cleanup_free_ char *name = module_canonical_name(word);

		if (strcmp(name, module) == 0)
			return true;
	}
	return false;
}

/* Is the module certain to be loaded before? */
static bool is_loaded_before(const struct check *check, const char *module)
{
	_cleanup_free_ char *name = module_canonical_name(module);

	for (const char *const *need = check->plan->needs; need && *need; need++)
		if (is_in_list(*need, name))
			return true;
	return is_in_list(ko_modinfo(check->ko, "depends", NULL), name);
}

static void add_not_loaded(struct check *check, const struct use *use)
{
	_cleanup_free_ char *name = module_canonical_name(use->module);

	check_add(check, CHECK_REFUSED, use->name, xasprintf("'%s' among its depends=", name),
		  xasprintf("exported by %s%s, which is not among its dependencies", use->module,
			    use->in_plan ? "" : ".ko of the kernel"),
		  xasprintf("Build it with the Module.symvers of %s "
			    "(KBUILD_EXTRA_SYMBOLS), or add '%s' to its test.conf: "
			    "depends = %s",
			    name, name, name));
}

void check_unresolved(struct check *check)
{
	struct use use;

	for (size_t i = 0; next_use(check, &i, &use);) {
		char *hint, *known;

		if (use.weak)
			continue;
		if (use.module) {
			if (strcmp(use.module, "vmlinux") != 0 &&
			    !is_loaded_before(check, use.module))
				add_not_loaded(check, &use);
			continue;
		}
		known = check_known(check->kernel, use.name, &hint);
		check_add(check, CHECK_REFUSED, use.name, xstrdup("an exported symbol"), known,
			  hint);
	}
}

/* --- may it be used ---------------------------------------------------------------------- */

/* As in include/linux/license.h. */
static bool is_gpl(const char *license)
{
	static const char *const licenses[] = {
		"GPL",          "GPL v2",       "GPL and additional rights",
		"Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL",
	};

	for (size_t i = 0; license && i < ARRAY_SIZE(licenses); i++)
		if (strcmp(license, licenses[i]) == 0)
			return true;
	return false;
}

void check_gpl_only(struct check *check)
{
	const char *license = check_modinfo_value(check, "license", NULL);
	struct use use;

	if (is_gpl(license))
		return;
	for (size_t i = 0; next_use(check, &i, &use);)
		if (use.module && use.gpl && !use.weak)
			check_add(check, CHECK_REFUSED, use.name,
				  xstrdup("a GPL-compatible licence"),
				  xasprintf("MODULE_LICENSE(\"%s\")", license ? license : ""),
				  xstrdup("The symbol is exported only to modules under the GPL"));
}

/*
 * Is the symbol hidden from the module as if it were not exported? For a weak symbol this is
 * not an error.
 */
static bool is_hidden(const struct check *check, const struct use *use)
{
	return use->weak && use->gpl && !is_gpl(check_modinfo_value(check, "license", NULL));
}

void check_crcs(struct check *check)
{
	struct use use;

	for (size_t i = 0; next_use(check, &i, &use);)
		if (use.module && use.has_crc && !is_hidden(check, &use))
			check_crc(check, use.name, use.crc);
}

static bool imports(const struct check *check, const char *name_space)
{
	for (const char *at = NULL; (at = check_modinfo_value(check, "import_ns", at));)
		if (strcmp(at, name_space) == 0)
			return true;
	return false;
}

void check_namespaces(struct check *check)
{
	bool optional =
		check_config(check->kernel, "CONFIG_MODULE_ALLOW_MISSING_NAMESPACE_IMPORTS");
	struct use use;

	for (size_t i = 0; next_use(check, &i, &use);)
		if (use.module && *use.name_space && !is_hidden(check, &use) &&
		    !imports(check, use.name_space))
			check_add(check, optional ? CHECK_NOTED : CHECK_REFUSED, use.name,
				  xasprintf("MODULE_IMPORT_NS(%s)", use.name_space),
				  xstrdup("no import of the namespace"),
				  xasprintf("Add MODULE_IMPORT_NS(%s%s%s); to the module",
					    check->kernel->version >= CHECK_VERSION(6, 13) ? "\""
											   : "",
					    use.name_space,
					    check->kernel->version >= CHECK_VERSION(6, 13) ? "\""
											   : ""));
}
