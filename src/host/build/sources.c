// SPDX-License-Identifier: GPL-2.0-only
#include "host/build/sources.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/strbuf.h"
#include "common/strv.h"
#include "host/module/module.h"
#include "host/base/paths.h"

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <string.h>

#define MAKEFILE_MAX (1024 * 1024)
#define SOURCE_MAX   (4 * 1024 * 1024)

void source_list_release(struct source_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		free(list->list[i].path);
		strv_free(list->list[i].provides);
	}
	free(list->list);
	strv_free(list->skipped);
	*list = (struct source_list){ 0 };
}

static void add(struct source_list *list, enum source_kind kind, const char *path, char **provides)
{
	for (size_t i = 0; i < list->n; i++) {
		if (strcmp(list->list[i].path, path) == 0) {
			strv_free(provides);
			return;
		}
	}
	GROW(list->list, list->n);
	list->list[list->n++] = (struct source){ kind, xstrdup(path), provides };
}

char *sources_makefile(const char *folder)
{
	static const char *const names[] = { "Kbuild", "Makefile" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *path = path_join(folder, names[i], NULL);

		if (fs_exists(path))
			return TAKE_PTR(path);
	}
	return NULL;
}

/* Joins lines that end in a backslash. */
static void join_lines(struct strbuf *text)
{
	for (char *p = text->buf; (p = strstr(p, "\\\n"));)
		p[0] = p[1] = ' ';
}

static void add_objects(char ***provides, char *words)
{
	for (char *word; (word = strsep(&words, " \t"));) {
		_cleanup_free_ char *name = NULL;
		size_t n = strlen(word);

		if (n < 3 || strcmp(word + n - 2, ".o") != 0)
			continue;
		word[n - 2] = '\0';
		name = module_canonical_name(word);
		if (!strv_contains(*provides, name))
			strv_add(provides, name);
	}
}

/*
 * Finds "obj-m := a.o b.o", "obj-$(CONFIG_X) += c.o", also after conditionals and colons. This
 * does not evaluate the makefile: make decides what is built.
 */
static bool take_line(char *line, char ***provides)
{
	char *object = NULL, *value;

	line[strcspn(line, "#")] = '\0';
	for (char *p = line; (p = strstr(p, "obj-")); p++)
		if ((p == line || isspace((unsigned char)p[-1])) && (p[4] == 'm' || p[4] == '$'))
			object = p;
	if (!object)
		return false;
	value = strchr(object, '=');
	if (value)
		add_objects(provides, value + 1);
	return value;
}

/* 1 or 0; -errno, not logged, if it cannot be read. */
static int has_modules(const char *makefile, char ***provides)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	bool found = false;
	int r = fs_read(makefile, &text, MAKEFILE_MAX);
	char *rest;

	if (r < 0)
		return r;
	join_lines(&text);
	rest = text.buf;
	if (strncmp(rest, "\xef\xbb\xbf", 3) == 0) /* make ignores a byte order mark */
		rest += 3;
	for (char *line; (line = strsep(&rest, "\n"));)
		found |= take_line(line, provides);
	return found;
}

/* Adds the folder if it contains modules itself: 1. Otherwise 0; -errno as has_modules(). */
static int add_folder(const char *path, struct source_list *list)
{
	_cleanup_free_ char *conf = path_join(path, "dkms.conf", NULL);
	_cleanup_free_ char *makefile = sources_makefile(path);
	_cleanup_strv_ char **provides = NULL;
	int r = makefile ? has_modules(makefile, &provides) : 0;

	if (fs_is_there(conf)) {
		add(list, SOURCE_DKMS, path, TAKE_PTR(provides));
		return 1;
	}
	if (r > 0)
		add(list, SOURCE_KBUILD, path, TAKE_PTR(provides));
	return r;
}

static int cannot_read_makefile(const char *path, int r)
{
	_cleanup_free_ char *makefile = sources_makefile(path);

	return log_error_errno(r, "Cannot read %s", makefile);
}

/* What is missing in a folder for which add_folder() returned 0. */
static const char *what_is_missing(const char *path)
{
	_cleanup_free_ char *makefile = sources_makefile(path);
	_cleanup_free_ char *other = path_join(path, "Makefile", NULL);
	_cleanup_strv_ char **provides = NULL;

	if (!makefile)
		return "no Kbuild or Makefile with obj-m";
	if (strcmp(makefile, other) == 0)
		return "its Makefile has no obj-m";
	return has_modules(other, &provides) > 0
		       ? "its Kbuild has no obj-m, and make ignores the Makefile beside a Kbuild"
		       : "its Kbuild has no obj-m";
}

static int nothing_found(const char *path)
{
	_cleanup_free_ char *makefile = sources_makefile(path);

	log_error("Nothing to build in %s: %s%s", path, what_is_missing(path),
		  makefile ? "" : ", no dkms.conf, and no subfolder with one of these");
	log_hint("Add a Kbuild with a line such as 'obj-m := name.o'");
	return -ENOENT;
}

/* Does it have the source of a module? Every module has a MODULE_LICENSE(). */
static bool has_module_source(const char *path)
{
	_cleanup_strv_ char **names = NULL;

	if (fs_list(path, &names) < 0)
		return false;
	strv_foreach (name, names) {
		_cleanup_free_ char *file = path_join(path, *name, NULL);
		_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;

		if (fnmatch("*.c", *name, 0) == 0 && fs_read(file, &text, SOURCE_MAX) == 0 &&
		    strstr(text.buf, "MODULE_LICENSE"))
			return true;
	}
	return false;
}

static int add_subfolders(const char *path, struct source_list *list)
{
	_cleanup_strv_ char **names = NULL;
	bool found = false;
	int r = fs_list(path, &names);

	if (r < 0)
		return log_error_errno(r, "Cannot read the folder %s", path);
	strv_foreach (name, names) {
		_cleanup_free_ char *child = path_join(path, *name, NULL);

		if (**name == '.' || !fs_is_dir(child))
			continue;
		r = add_folder(child, list);
		if (r < 0)
			return cannot_read_makefile(child, r);
		if (r == 0 && has_module_source(child) && !strv_contains(list->skipped, child))
			strv_add(&list->skipped, child);
		found |= r;
	}
	return found ? 0 : nothing_found(path);
}

void sources_warn_skipped(const struct source_list *list)
{
	strv_foreach (path, list->skipped)
		log_warn("%s is not built: %s", *path, what_is_missing(*path));
}

static bool is_module_file(const char *path)
{
	static const char *const ends[] = { ".ko", ".ko.xz", ".ko.gz", ".ko.zst" };
	size_t n = strlen(path);

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (n > strlen(ends[i]) && strcmp(path + n - strlen(ends[i]), ends[i]) == 0)
			return true;
	return false;
}

int sources_find(const char *path, struct source_list *list)
{
	_cleanup_free_ char *real = realpath(path, NULL);
	int r;

	if (!real)
		return log_error_errno(-errno, "Cannot build %s", path);
	if (!fs_is_dir(real)) {
		if (!is_module_file(real)) {
			log_error("Cannot build %s: it is not a folder or a .ko file", path);
			log_hint("Name the folder that contains it");
			return -EINVAL;
		}
		add(list, SOURCE_KO, real, NULL);
		return 0;
	}
	r = add_folder(real, list);
	if (r < 0)
		return cannot_read_makefile(real, r);
	return r > 0 ? 0 : add_subfolders(real, list);
}

int sources_find_all(char *const *paths, struct source_list *list)
{
	strv_foreach (path, paths) {
		int r = sources_find(*path, list);

		if (r < 0)
			return r;
	}
	return 0;
}

int sources_find_beside(const char *path, const char *name, struct source_list *list)
{
	_cleanup_free_ char *beside = path_join(path, "..", name, NULL);
	_cleanup_free_ char *real = path_is_plain_name(name) ? realpath(beside, NULL) : NULL;

	return real && fs_is_dir(real) && add_folder(real, list) > 0;
}
