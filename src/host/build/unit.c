// SPDX-License-Identifier: GPL-2.0-only
#include "host/build/unit.h"

#include "common/alloc.h"
#include "common/beneath.h"
#include "common/log.h"
#include "common/strv.h"
#include "common/text.h"
#include "host/build/neighbours.h"
#include "host/base/paths.h"
#include "host/base/project.h"
#include "host/module/testconf.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

static const char *last_component(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

/* kbuild does not support blanks and colons in paths. */
static char *plain_component(const char *path)
{
	char *name = xstrdup(last_component(path));

	for (char *p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("._-+", *p))
			*p = '_';
	return name;
}

char *unit_dir(const char *path, const char *tree)
{
	_cleanup_free_ char *plain = plain_component(path);
	_cleanup_free_ char *name = xasprintf(
		"%012llx-%.60s", (unsigned long long)text_hash(path) & 0xffffffffffff, plain);

	return path_cache("build", name, tree, NULL);
}

char *unit_file(const struct unit *unit, const char *name)
{
	return path_join(unit->dir, name, NULL);
}

char *unit_given(const struct unit *unit, const char *name)
{
	return path_join(unit->dir, "given", name, NULL);
}

char *unit_in_work(const struct unit *unit, const char *name)
{
	return path_join(unit->work, name, NULL);
}

int unit_open_work(const struct unit *unit)
{
	return beneath_root(unit->work);
}

const char *unit_below_work(const struct unit *unit, const char *path)
{
	return path + strlen(unit->work) + 1;
}

int unit_open_copy(const struct unit *unit)
{
	_cleanup_close_ int work = unit_open_work(unit);

	return work < 0 ? work
			: beneath_open(work, unit_below_work(unit, unit->copy),
				       O_PATH | O_DIRECTORY, 0);
}

struct path_map unit_path_map(const struct unit *unit)
{
	return (struct path_map){ unit->copy, unit->alias, unit->source.path, unit->shown };
}

static void add_name(char ***names, const char *name)
{
	_cleanup_free_ char *canonical = module_canonical_name(name);

	if (!strv_contains(*names, canonical))
		strv_add(names, canonical);
}

static void refuse(struct unit *unit, const char *why)
{
	if (!unit->error)
		unit->error = xstrdup(why);
}

static void prepare_dkms(struct unit *unit)
{
	_cleanup_free_ char *source_tree = path_join(unit->dkms_tree, "source", NULL);

	if (dkms_read(&unit->conf, unit->source.path, unit->tree, unit->dkms_tree, source_tree) <
	    0) {
		refuse(unit, "its dkms.conf cannot be used");
		return;
	}
	/* A folder, not a link: some packages run find on it. */
	free(unit->copy);
	unit->copy = path_join(unit->dkms_tree, unit->conf.name, unit->conf.version, "build", NULL);
	add_name(&unit->provides, unit->conf.name);
	for (size_t i = 0; i < unit->conf.n_modules; i++)
		add_name(&unit->provides, unit->conf.modules[i].name);
	strv_foreach (name, unit->conf.depends)
		add_name(&unit->wants, *name);
}

/* Collects the dependencies in test.conf of all modules that may be built. */
static void prepare_wants(struct unit *unit)
{
	_cleanup_free_ char *path = path_join(unit->source.path, "test.conf", NULL);

	strv_foreach (name, unit->provides) {
		struct test_config config;

		test_config_init(&config);
		if (test_config_read(&config, path, *name) < 0)
			refuse(unit, "its test.conf cannot be used");
		strv_foreach (other, config.depends)
			add_name(&unit->wants, *other);
		test_config_release(&config);
		if (unit->error)
			return;
	}
}

void unit_neighbours(const char *path, const char *tree, char ***files)
{
	_cleanup_free_ char *dir = unit_dir(path, tree);

	neighbours_list(dir, path, files);
}

/* Depends on the sources only, never on their location. */
static char *name_debug_dir(const struct unit *unit)
{
	const char *name = unit->conf.name ? unit->conf.name : "module";

	if (unit->source.provides)
		name = *unit->source.provides;
	return xasprintf(UNIT_DEBUG_ROOT "%s", path_is_plain_name(name) ? name : "module");
}

static void name_link(struct unit *unit)
{
	unit->link =
		path_cache("build", "at", unit->tree->name, last_component(unit->debug_dir), NULL);
	unit->alias = path_join(unit->link, "tree/up", unit->name, NULL);
}

void unit_prepare(struct unit *unit, struct source *source, const struct kernel_tree *tree)
{
	*unit = (struct unit){ .source = *source, .tree = tree };
	*source = (struct source){ 0 };
	unit->dir = unit_dir(unit->source.path, tree->name);
	unit->name = plain_component(unit->source.path);
	unit->work = unit_file(unit, "work");
	unit->copy = path_join(unit->work, "tree/up", unit->name, NULL);
	unit->project = project_root(unit->source.path);
	unit->shown = path_shown(unit->source.path);
	unit->dkms_tree = unit_in_work(unit, "dkms");
	if (unit->source.kind == SOURCE_KO) {
		add_name(&unit->provides, unit->name);
		return;
	}
	strv_foreach (name, unit->source.provides)
		add_name(&unit->provides, *name);
	if (unit->source.kind == SOURCE_DKMS)
		prepare_dkms(unit);
	unit->debug_dir = name_debug_dir(unit);
	if (unit->source.kind == SOURCE_KBUILD)
		name_link(unit);
	add_name(&unit->provides, unit->name);
	if (!unit->error)
		prepare_wants(unit);
}

void unit_release(struct unit *unit)
{
	free(unit->source.path);
	strv_free(unit->source.provides);
	free(unit->dir);
	free(unit->work);
	free(unit->copy);
	free(unit->project);
	free(unit->shown);
	free(unit->name);
	free(unit->link);
	free(unit->alias);
	free(unit->debug_dir);
	free(unit->dkms_tree);
	dkms_conf_release(&unit->conf);
	strv_free(unit->provides);
	strv_free(unit->wants);
	strv_free(unit->symvers);
	free(unit->error);
}
