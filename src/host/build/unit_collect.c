// SPDX-License-Identifier: GPL-2.0-only
/* Collects the results of building a unit. */
#include "host/build/unit.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/strv.h"
#include "host/base/paths.h"
#include "host/build/testprog.h"

#include <errno.h>
#include <string.h>

/* --- which .ko files ---------------------------------------------------------------- */

/* modules.order has one line per module: "/copy/x.ko" or, since Linux 6.3, "/copy/x.o" or "x.o". */
static char **modules_in_order(const struct unit *unit)
{
	_cleanup_free_ char *path = path_join(unit->copy, "modules.order", NULL);
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	char **found = NULL, *rest;

	if (fs_read(path, &text, 0) < 0)
		return NULL;
	rest = text.buf;
	for (char *line; (line = strsep(&rest, "\n"));) {
		char *dot = strrchr(line, '.');
		_cleanup_free_ char *name = NULL, *ko = NULL;

		if (!dot)
			continue;
		*dot = '\0';
		name = xasprintf("%s.ko", line);
		ko = *name == '/' ? unit_real_path(unit, name) : path_join(unit->copy, name, NULL);
		if (fs_exists(ko))
			strv_add(&found, ko);
	}
	return found;
}

/*
 * Modules that modules.order does not list are from earlier builds, unless another Makefile
 * calls kbuild.
 */
static bool kbuild_says_which(const struct unit *unit)
{
	_cleanup_free_ char *own = path_join(unit->copy, UNIT_OWN_MAKEFILE, NULL),
			    *order = path_join(unit->copy, "modules.order", NULL);

	return fs_exists(order) && !fs_exists(own);
}

char **unit_modules(const struct unit *unit)
{
	char **found = NULL;

	if (unit->source.kind == SOURCE_KO) {
		strv_add(&found, unit->source.path);
	} else if (unit->source.kind == SOURCE_DKMS) {
		for (size_t i = 0; i < unit->conf.n_modules; i++) {
			_cleanup_free_ char *ko =
				xasprintf("%s/%s/%s.ko", unit->copy, unit->conf.modules[i].location,
					  unit->conf.modules[i].name);
			_cleanup_free_ char *real = realpath(ko, NULL);

			strv_add(&found, real ? real : ko);
		}
	} else {
		found = modules_in_order(unit);
		if (!found && !kbuild_says_which(unit))
			fs_find(unit->copy, "*.ko", &found);
	}
	return found;
}

/* --- entries of the list -------------------------------------------------------------- */

static void set_common(const struct unit *unit, struct module *module)
{
	free(module->source);
	module->source = xstrdup(unit->source.path);
	if (unit->source.kind != SOURCE_KO && !module->build_dir)
		module->build_dir = xstrdup(unit->copy);
	module->build_ms = unit->ms;
}

static void add_failed(const struct unit *unit, struct module_list *list, const char *name,
		       const char *error)
{
	struct module *module = module_new(name);

	set_common(unit, module);
	module->error = xstrdup(error);
	module_list_add(list, module);
}

/* A module that is not for this kernel is skipped, which is not a failure. */
static void add_skipped(const struct unit *unit, struct module_list *list)
{
	struct module *module =
		module_new(unit->conf.n_modules ? unit->conf.modules[0].name : unit->conf.name);

	set_common(unit, module);
	free(module->test.skip);
	module->test.skip = xasprintf("not for this kernel: %s", unit->conf.excluded);
	module_list_add(list, module);
}

static int take_test(const struct unit *unit, struct module *module)
{
	_cleanup_free_ char *conf = path_join(unit->source.path, "test.conf", NULL);
	int r;

	if (unit->source.kind == SOURCE_KO)
		return 0;
	r = test_config_read(&module->test, conf, module->name);
	if (r == 0 && module->test.program && unit->tests)
		module->test_program = testprog_path(unit, module->test.program);
	return r;
}

static void take_stripped(const struct unit *unit, struct module *module)
{
	_cleanup_free_ char *stripped = unit_stripped(unit, module->unstripped);

	if (!fs_exists(stripped) ||
	    (unit->source.kind == SOURCE_KO && !module_can_strip(module->unstripped) &&
	     !module_is_packed(module->unstripped)))
		return;
	free(module->stripped);
	module->stripped = TAKE_PTR(stripped);
}

static void add_module(const struct unit *unit, struct module_list *list, const char *ko)
{
	_cleanup_(module_freep) struct module *module = NULL;
	const char *why;
	int r;

	if (!fs_exists(ko)) {
		_cleanup_free_ char *missing = xasprintf("make did not create %s", ko);

		log_error("%s: %s, which its dkms.conf lists", unit->shown, missing);
		add_failed(unit, list, ko, missing);
		return;
	}
	r = module_read_any(ko, &module, &why); /* the check reports a better reason */
	if (r == 0)
		r = take_test(unit, module);
	if (r < 0) {
		add_failed(unit, list, ko, "it cannot be read as a module");
		return;
	}
	set_common(unit, module);
	take_stripped(unit, module);
	module_list_add(list, TAKE_PTR(module));
}

void unit_collect(struct unit *unit, struct module_list *list)
{
	_cleanup_strv_ char **modules = NULL;

	if (unit->error) {
		add_failed(unit, list, unit->provides ? *unit->provides : unit->name, unit->error);
		return;
	}
	if (unit->conf.excluded) {
		add_skipped(unit, list);
		return;
	}
	modules = unit_modules(unit);
	strv_foreach (ko, modules)
		add_module(unit, list, *ko);
}
