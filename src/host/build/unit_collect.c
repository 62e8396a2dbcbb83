// SPDX-License-Identifier: GPL-2.0-only
/* Collects the results of building a unit. */
#include "host/build/unit.h"

#include "common/alloc.h"
#include "common/beneath.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/strv.h"
#include "host/base/paths.h"
#include "host/build/testprog.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define ORDER_MAX (1 << 20)

/* --- which .ko files ---------------------------------------------------------------- */

/* The name in the copy of a path that make printed; NULL if it is elsewhere. */
static const char *name_in_copy(const struct unit *unit, const char *path)
{
	const char *const dirs[] = { unit->copy, unit->alias };

	if (*path != '/')
		return path;
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		if (dirs[i] && fs_is_within(path, dirs[i]) && path[strlen(dirs[i])])
			return path + strlen(dirs[i]) + 1;
	return NULL;
}

/* modules.order has one line per module: "/copy/x.ko" or, since Linux 6.3, "/copy/x.o" or "x.o". */
static char **modules_in_order(const struct unit *unit, int copy)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	char **found = NULL, *rest;

	if (beneath_read(copy, "modules.order", &text, ORDER_MAX) < 0)
		return NULL;
	rest = text.buf;
	for (char *line; (line = strsep(&rest, "\n"));) {
		char *dot = strrchr(line, '.');
		_cleanup_free_ char *ko = NULL;
		const char *name;

		if (!dot)
			continue;
		*dot = '\0';
		name = name_in_copy(unit, line);
		ko = name ? xasprintf("%s.ko", name) : NULL;
		if (ko && beneath_exists(copy, ko))
			strv_add(&found, ko);
	}
	return found;
}

/*
 * Modules that modules.order does not list are from earlier builds, unless another Makefile
 * calls kbuild.
 */
static bool kbuild_says_which(int copy)
{
	return beneath_exists(copy, "modules.order") && !beneath_exists(copy, UNIT_OWN_MAKEFILE);
}

static char **dkms_modules(const struct unit *unit)
{
	char **found = NULL;

	for (size_t i = 0; i < unit->conf.n_modules; i++) {
		const char *location = unit->conf.modules[i].location;
		_cleanup_free_ char *ko = xasprintf("%s%s%s.ko", location, *location ? "/" : "",
						    unit->conf.modules[i].name);

		strv_add(&found, ko);
	}
	return found;
}

char **unit_modules(const struct unit *unit)
{
	_cleanup_close_ int copy = -1;
	char **found = NULL;

	if (unit->source.kind == SOURCE_KO) {
		strv_add(&found, unit->source.path);
		return found;
	}
	if (unit->source.kind == SOURCE_DKMS)
		return dkms_modules(unit);
	copy = unit_open_copy(unit);
	if (copy < 0)
		return NULL;
	found = modules_in_order(unit, copy);
	if (!found && !kbuild_says_which(copy))
		found = beneath_find(copy, "", "*.ko");
	return found;
}

int unit_stat_module(const struct unit *unit, const char *ko, struct stat *st)
{
	_cleanup_close_ int copy = -1, fd = -1;

	if (unit->source.kind == SOURCE_KO)
		return stat(ko, st) < 0 ? -errno : 0;
	copy = unit_open_copy(unit);
	if (copy < 0)
		return copy;
	fd = beneath_follow(copy, ko, O_PATH);
	if (fd < 0)
		return fd;
	if (fstat(fd, st) < 0)
		return -errno;
	return S_ISREG(st->st_mode) ? 0 : -EINVAL;
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

char *unit_made(const struct unit *unit, const char *ko)
{
	return unit->source.kind == SOURCE_KO ? xstrdup(ko)
					      : path_join(unit->dir, "made", last_part(ko), NULL);
}

char *unit_stripped(const struct unit *unit, const char *ko)
{
	return path_join(unit->dir, "stripped", last_part(ko), NULL);
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

static void take_stripped(const struct unit *unit, struct module *module, const char *ko)
{
	_cleanup_free_ char *stripped = unit_stripped(unit, ko);

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
	_cleanup_free_ char *made = unit_made(unit, ko);
	const char *why;
	struct stat st;
	int r;

	if (unit_stat_module(unit, ko, &st) < 0) {
		_cleanup_free_ char *missing =
			xasprintf("make did not create %s/%s", unit->copy, ko);

		log_error("%s: %s, which its dkms.conf lists", unit->shown, missing);
		add_failed(unit, list, ko, missing);
		return;
	}
	r = module_read_any(made, &module, &why); /* the check reports a better reason */
	if (r == 0)
		r = take_test(unit, module);
	if (r < 0) {
		add_failed(unit, list, ko, "it cannot be read as a module");
		return;
	}
	set_common(unit, module);
	take_stripped(unit, module, ko);
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
