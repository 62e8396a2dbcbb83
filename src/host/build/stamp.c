// SPDX-License-Identifier: GPL-2.0-only
#include "host/build/stamp.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/strv.h"
#include "host/build/around.h"
#include "host/build/kbuild.h"
#include "host/build/outside.h"
#include "host/build/neighbours.h"
#include "host/build/products.h"
#include "host/base/paths.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void add_state(struct strbuf *out, const struct stat *st, const char *path)
{
	strbuf_addf(out, "file %lld.%09ld %lld.%09ld %lld %llu %s\n", (long long)st->st_mtim.tv_sec,
		    st->st_mtim.tv_nsec, (long long)st->st_ctim.tv_sec, st->st_ctim.tv_nsec,
		    (long long)st->st_size, (unsigned long long)st->st_ino, path);
}

static void add_file(struct strbuf *out, const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		memset(&st, 0, sizeof(st));
	add_state(out, &st, path);
}

static void add_makefiles(const char *dir, struct strbuf *out)
{
	_cleanup_free_ char *scripts = path_join(dir, "scripts", NULL);
	_cleanup_strv_ char **names = NULL;

	(void)fs_list(scripts, &names);
	strv_foreach (name, names) {
		_cleanup_free_ char *path = path_join(scripts, *name, NULL);

		if (strncmp(*name, "Makefile.", strlen("Makefile.")) == 0)
			add_file(out, path);
	}
}

/*
 * Files that kbuild and modpost read besides headers; if the tree was built elsewhere (O=),
 * `source` links to its sources.
 */
static void describe_tree(const struct kernel_tree *tree, struct strbuf *out)
{
	static const char *const names[] = { ".config",
					     "Module.symvers",
					     "include/config/auto.conf",
					     "vmlinux",
					     "include/generated/utsrelease.h",
					     "Makefile",
					     "arch/arm64/Makefile",
					     "scripts/Kbuild.include",
					     "scripts/module.lds",
					     "scripts/mod/modpost" };
	_cleanup_free_ char *source = path_join(tree->build, "source", NULL);
	const char *const dirs[] = { tree->build, source };

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		for (size_t k = 0; k < ARRAY_SIZE(names); k++) {
			_cleanup_free_ char *path = path_join(dirs[i], names[k], NULL);

			add_file(out, path);
		}
		add_makefiles(dirs[i], out);
	}
}

/* The part that is known before make runs. */
static void describe_given(const struct unit *unit, struct strbuf *out)
{
	kbuild_describe(unit, out);
	if (outside_tree_can_change(unit->tree))
		describe_tree(unit->tree, out);
	strv_foreach (path, unit->symvers)
		add_file(out, *path);
}

static void describe_made(const struct unit *unit, struct strbuf *out)
{
	_cleanup_strv_ char **modules = unit_modules(unit);

	strv_foreach (ko, modules) {
		struct stat st = { 0 };

		(void)unit_stat_module(unit, *ko, &st);
		add_state(out, &st, *ko);
	}
	strbuf_adds(out, "read:\n");
}

/* Everything that the last make read outside the copy. */
static void describe_read(const struct unit *unit, struct strbuf *out)
{
	_cleanup_strv_ char **files = outside_files(unit);

	strv_foreach (file, files)
		add_file(out, *file);
}

static bool files_hold(const char *text)
{
	_cleanup_free_ char *copy = xstrdup(text);
	char *rest = copy;

	for (char *line; (line = strsep(&rest, "\n")) && *line;) {
		_cleanup_(strbuf_release) struct strbuf now = STRBUF_INIT;
		const char *path = strstr(line, " /");

		if (!path)
			return false;
		add_file(&now, path + 1);
		if (strncmp(now.buf, line, now.len - 1) != 0 || line[now.len - 1] != '\0')
			return false;
	}
	return true;
}

bool stamp_holds(const struct unit *unit)
{
	_cleanup_(strbuf_release) struct strbuf found = STRBUF_INIT, wanted = STRBUF_INIT;
	_cleanup_free_ char *path = unit_file(unit, "stamp");

	if (fs_read(path, &found, 0) < 0)
		return false;
	describe_given(unit, &wanted);
	describe_made(unit, &wanted);
	return strncmp(found.buf, wanted.buf, wanted.len) == 0 &&
	       files_hold(found.buf + wanted.len) && around_holds(unit);
}

void stamp_begin(const struct unit *unit, struct strbuf *text)
{
	stamp_remove(unit);
	strbuf_reset(text);
	describe_given(unit, text);
}

void stamp_write(const struct unit *unit, struct strbuf *text)
{
	_cleanup_free_ char *path = unit_file(unit, "stamp");

	describe_made(unit, text);
	describe_read(unit, text);
	if (fs_write_atomic(path, text->buf, text->len, 0600) < 0)
		unlink(path);
}

bool stamp_is_overtaken(const struct unit *unit, const struct timespec *since)
{
	_cleanup_strv_ char **files = outside_files(unit);
	bool found = false;

	strv_foreach (file, files) {
		struct stat st;

		if (stat(*file, &st) == 0 &&
		    (st.st_mtim.tv_sec > since->tv_sec ||
		     (st.st_mtim.tv_sec == since->tv_sec && st.st_mtim.tv_nsec >= since->tv_nsec)))
			found = true;
	}
	return found;
}

/* --- files that make takes for current ---------------------------------------------------- */

void stamp_note_outside(const struct unit *unit)
{
	_cleanup_free_ char *path = unit_file(unit, "outside");
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;

	describe_read(unit, &text);
	if (fs_write_atomic(path, text.buf ? text.buf : "", text.len, 0600) < 0)
		unlink(path);
}

/* Has the file changed since `line` was noted, without make noticing by its time? */
static bool is_replaced(const char *line, const struct stat *noted)
{
	_cleanup_(strbuf_release) struct strbuf now = STRBUF_INIT;
	const char *path = strstr(line, " /");
	struct stat st;

	if (!path)
		return false;
	add_file(&now, path + 1);
	now.buf[now.len - 1] = '\0'; /* remove the newline */
	return strcmp(now.buf, line) != 0 &&
	       (stat(path + 1, &st) < 0 || st.st_mtim.tv_sec <= noted->st_mtim.tv_sec);
}

/* Returns when they were noted. */
static time_t note_replaced(const struct unit *unit, struct products_change *change)
{
	_cleanup_free_ char *path = unit_file(unit, "outside");
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct stat noted;
	char *rest;

	if (stat(path, &noted) < 0 || fs_read(path, &text, 0) < 0)
		return 0;
	rest = text.buf;
	for (char *line; (line = strsep(&rest, "\n"));)
		if (is_replaced(line, &noted))
			products_note_path(change, line);
	return noted.st_mtim.tv_sec;
}

static int drop_products(int copy, const char *manifest, struct products_change *change)
{
	struct inventory sources = { 0 };
	int r = 0;

	inventory_read(&sources, manifest);
	if (sources.n)
		r = copy < 0 ? copy : products_drop(copy, &sources, change);
	inventory_release(&sources);
	return r;
}

static int drop_beside(const struct unit *unit, const struct neighbour *neighbour,
		       struct products_change *change)
{
	_cleanup_close_ int dir = outside_open_copy(unit, neighbour);
	_cleanup_free_ char *manifest = neighbours_manifest(neighbour, unit->dir);

	return neighbour->is_copy ? drop_products(dir, manifest, change) : 0;
}

static int drop_all_products(const struct unit *unit, struct products_change *change)
{
	_cleanup_free_ char *manifest = unit_file(unit, "manifest");
	_cleanup_close_ int copy = unit_open_copy(unit);
	struct neighbours neighbours = { 0 };
	int r = drop_products(copy, manifest, change);

	neighbours_read(unit->dir, &neighbours);
	for (size_t i = 0; i < neighbours.n && r == 0; i++)
		r = drop_beside(unit, &neighbours.list[i], change);
	neighbours_release(&neighbours);
	return r;
}

int stamp_drop_replaced(const struct unit *unit)
{
	struct products_change change = { 0 };
	struct inventory now = { 0 };
	time_t made = note_replaced(unit, &change);
	int r;

	around_compare(unit, made, &now, &change);
	r = drop_all_products(unit, &change);
	if (r == 0)
		r = around_write(unit, &now);
	inventory_release(&now);
	products_change_release(&change);
	return r;
}

void stamp_remove(const struct unit *unit)
{
	_cleanup_free_ char *path = unit_file(unit, "stamp");

	unlink(path);
}
