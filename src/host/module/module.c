// SPDX-License-Identifier: GPL-2.0-only
#include "host/module/module.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/strbuf.h"
#include "common/strv.h"
#include "host/module/ko.h"

#include <errno.h>
#include <string.h>

void module_free(struct module *module)
{
	if (!module)
		return;
	free(module->name);
	free(module->unstripped);
	free(module->stripped);
	free(module->source);
	free(module->build_dir);
	free(module->build_id);
	free(module->srcversion);
	free(module->vermagic);
	free(module->license);
	strv_free(module->depends);
	strv_free(module->parameters);
	free(module->test_program);
	test_config_release(&module->test);
	free(module->error);
	free(module);
}

void module_list_release(struct module_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		module_free(list->modules[i]);
	free(list->modules);
	*list = (struct module_list){ 0 };
}

void module_list_add(struct module_list *list, struct module *module)
{
	GROW(list->modules, list->n);
	list->modules[list->n++] = module;
}

void module_list_take(struct module_list *list, struct module_list *from)
{
	for (size_t i = 0; i < from->n; i++)
		module_list_add(list, from->modules[i]);
	free(from->modules);
	*from = (struct module_list){ 0 };
}

char *module_canonical_name(const char *name)
{
	const char *base = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
	const char *end = strstr(base, ".ko");
	char *copy = xstrndup(base, end ? (size_t)(end - base) : strlen(base));

	for (char *p = copy; *p; p++)
		if (*p == '-')
			*p = '_';
	return copy;
}

struct module *module_list_find(const struct module_list *list, const char *name)
{
	_cleanup_free_ char *wanted = module_canonical_name(name);

	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->modules[i]->name, wanted) == 0)
			return list->modules[i];
	return NULL;
}

struct module *module_new(const char *name)
{
	struct module *module = xcalloc(1, sizeof(*module));

	module->name = module_canonical_name(name);
	module->build_id = xstrdup("");
	module->srcversion = xstrdup("");
	module->vermagic = xstrdup("");
	module->license = xstrdup("");
	module->depends = xcalloc(1, sizeof(char *));
	test_config_init(&module->test);
	return module;
}

/* --- reading ----------------------------------------------------------------- */

static void set_string(char **field, const char *value)
{
	free(*field);
	*field = xstrdup(value);
}

static void add_depends(struct module *module, const char *list)
{
	_cleanup_free_ char *copy = xstrdup(list);
	char *rest = copy;

	for (char *word; (word = strsep(&rest, ","));)
		if (*word)
			strv_add(&module->depends, word);
}

/* "name:type" or "name:description" */
static void add_parameter(struct module *module, const char *value)
{
	_cleanup_free_ char *name = xstrndup(value, strcspn(value, ":"));

	if (*name && !strv_contains(module->parameters, name))
		strv_add(&module->parameters, name);
}

static void take_modinfo(struct module *module, const char *key, const char *value)
{
	if (strcmp(key, "name") == 0 && *value) {
		free(module->name);
		module->name = module_canonical_name(value);
	} else if (strcmp(key, "vermagic") == 0) {
		set_string(&module->vermagic, value);
	} else if (strcmp(key, "srcversion") == 0) {
		set_string(&module->srcversion, value);
	} else if (strcmp(key, "license") == 0 && !*module->license) {
		set_string(&module->license, value);
	} else if (strcmp(key, "staging") == 0) {
		module->staging = true; /* MODULE_INFO(staging, "Y"): any value counts */
	} else if (strcmp(key, "depends") == 0) {
		add_depends(module, value);
	} else if (strcmp(key, "parm") == 0 || strcmp(key, "parmtype") == 0) {
		add_parameter(module, value);
	}
}

static void read_modinfo(struct module *module, const struct ko *ko)
{
	for (const char *at = NULL; (at = ko_modinfo(ko, NULL, at));) {
		_cleanup_free_ char *entry = xstrdup(at);
		char *value = strchr(entry, '=');

		if (value) {
			*value++ = '\0';
			take_modinfo(module, entry, value);
		}
	}
}

/* Why it is not a kernel module; NULL: it is one. */
static const char *read_elf(const struct ko *ko, struct module *module)
{
	if (memcmp(ko->header.e_ident, ELFMAG, SELFMAG) != 0)
		return "neither an ELF file nor a compressed one";
	if (ko->header.e_type != ET_REL)
		return "a program or library, not a relocatable object";
	module->machine = ko->header.e_machine;
	read_modinfo(module, ko);
	free(module->build_id);
	module->build_id = ko_build_id(ko);
	return ko_find_any(ko, ".modinfo", NULL) ? NULL : "no .modinfo section";
}

int module_read_any(const char *path, struct module **module, const char **why)
{
	_cleanup_(module_freep) struct module *m = module_new(path);
	_cleanup_(ko_freep) struct ko *ko = NULL;
	int r = ko_open(path, &ko);

	if (r < 0 && r != -EBADMSG)
		return log_error_errno(r, "Cannot read module %s", path);
	*why = ko ? read_elf(ko, m) : "the compressed data is damaged";
	m->unstripped = xstrdup(path);
	m->stripped = xstrdup(path);
	m->source = xstrdup(path);
	*module = TAKE_PTR(m);
	return 0;
}

int module_read(const char *path, struct module **module)
{
	_cleanup_(module_freep) struct module *m = NULL;
	const char *why;
	int r = module_read_any(path, &m, &why);

	if (r < 0)
		return r;
	if (why) {
		log_error("%s is not a kernel module: %s", path, why);
		return -ENOEXEC;
	}
	*module = TAKE_PTR(m);
	return 0;
}

bool module_can_strip(const char *path)
{
	_cleanup_(ko_freep) struct ko *ko = NULL;

	return ko_open(path, &ko) == 0 && ko->packing == PACKING_NONE && !ko->signature.present &&
	       ko->header.e_machine == EM_AARCH64 && ko_find_any(ko, ".debug_info", NULL);
}

bool module_is_packed(const char *path)
{
	_cleanup_close_ int fd = fs_open_regular(path);

	return fd >= 0 && packing_of_file(fd) != PACKING_NONE;
}
