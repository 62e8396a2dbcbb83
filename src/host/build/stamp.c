// SPDX-License-Identifier: GPL-2.0-only
#include "host/build/stamp.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/strv.h"
#include "host/build/compdb.h"
#include "host/build/kbuild.h"
#include "host/build/products.h"
#include "host/base/paths.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void add_file(struct strbuf *out, const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		memset(&st, 0, sizeof(st));
	strbuf_addf(out, "file %lld.%09ld %lld.%09ld %lld %llu %s\n", (long long)st.st_mtim.tv_sec,
		    st.st_mtim.tv_nsec, (long long)st.st_ctim.tv_sec, st.st_ctim.tv_nsec,
		    (long long)st.st_size, (unsigned long long)st.st_ino, path);
}

static bool is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return strncmp(path, dir, n) == 0 && path[n] == '/';
}

/* Only trees that the user builds in place can change; Outpost's never do. */
static bool tree_can_change(const struct kernel_tree *tree)
{
	return strcmp(tree->source, "path") == 0;
}

static bool is_in_tree(const struct kernel_tree *tree, const char *path)
{
	return is_below(path, tree->root) || is_below(path, tree->build);
}

/* Files that come with compilers, which are checked themselves. */
static bool is_of_tools(const char *path)
{
	return is_below(path, "/usr/lib") || is_below(path, "/usr/include");
}

struct deps {
	const struct unit *unit;
	char **files;
};

/* Relative paths are in the kernel tree, or since 6.13 in the copy or next to it. */
static char *find_dep(const struct unit *unit, const char *path)
{
	_cleanup_free_ char *in_tree = NULL, *in_copy = NULL;
	char *real;

	if (*path == '/')
		return realpath(path, NULL);
	in_copy = path_join(unit->copy, path, NULL);
	real = realpath(in_copy, NULL);
	if (real)
		return real;
	in_tree = path_join(unit->tree->build, path, NULL);
	return realpath(in_tree, NULL);
}

static bool is_plain_relative(const char *path)
{
	return *path != '/' && strncmp(path, "../", 3) != 0;
}

/* The mirror compares files in the copy. */
static void take_dep(const char *path, void *arg)
{
	struct deps *deps = arg;
	const struct kernel_tree *tree = deps->unit->tree;
	bool tree_counts = tree_can_change(tree);
	_cleanup_free_ char *real = NULL;

	if (!tree_counts && (is_in_tree(tree, path) || is_plain_relative(path)))
		return; /* most files */
	real = find_dep(deps->unit, path);
	if (!real || is_below(real, deps->unit->copy))
		return;
	if (is_in_tree(tree, real) ? !tree_counts : is_of_tools(real))
		return;
	if (!strv_contains(deps->files, real))
		strv_add(&deps->files, real);
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
	if (tree_can_change(unit->tree))
		describe_tree(unit->tree, out);
	strv_foreach (path, unit->symvers)
		add_file(out, *path);
}

static void describe_made(const struct unit *unit, struct strbuf *out)
{
	_cleanup_strv_ char **modules = unit_modules(unit);

	strv_foreach (path, modules)
		add_file(out, *path);
	strbuf_adds(out, "read:\n");
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
	       files_hold(found.buf + wanted.len);
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
	struct deps deps = { .unit = unit };

	describe_made(unit, text);
	compdb_each_dep(unit->copy, take_dep, &deps);
	strv_foreach (file, deps.files)
		add_file(text, *file);
	strv_free(deps.files);
	if (fs_write_atomic(path, text->buf, text->len, 0600) < 0)
		unlink(path);
}

bool stamp_is_overtaken(const struct unit *unit, const struct timespec *since)
{
	struct deps deps = { .unit = unit };
	bool found = false;

	compdb_each_dep(unit->copy, take_dep, &deps);
	strv_foreach (file, deps.files) {
		struct stat st;

		if (stat(*file, &st) == 0 &&
		    (st.st_mtim.tv_sec > since->tv_sec ||
		     (st.st_mtim.tv_sec == since->tv_sec && st.st_mtim.tv_nsec >= since->tv_nsec)))
			found = true;
	}
	strv_free(deps.files);
	return found;
}

/* --- files that make takes for current ---------------------------------------------------- */

void stamp_note_outside(const struct unit *unit)
{
	_cleanup_free_ char *path = unit_file(unit, "outside");
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct deps deps = { .unit = unit };

	compdb_each_dep(unit->copy, take_dep, &deps);
	strv_foreach (file, deps.files)
		add_file(&text, *file);
	strv_free(deps.files);
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

int stamp_drop_replaced(const struct unit *unit)
{
	_cleanup_free_ char *path = unit_file(unit, "outside");
	_cleanup_free_ char *manifest = unit_file(unit, "manifest");
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct products_change change = { 0 };
	struct inventory sources = { 0 };
	struct stat noted;
	char *rest;
	int r = 0;

	if (stat(path, &noted) < 0 || fs_read(path, &text, 0) < 0)
		return 0;
	rest = text.buf;
	for (char *line; (line = strsep(&rest, "\n"));)
		if (is_replaced(line, &noted))
			products_note_path(&change, line);
	inventory_read(&sources, manifest);
	if (sources.n)
		r = products_drop(unit->copy, &sources, &change);
	inventory_release(&sources);
	products_change_release(&change);
	return r;
}

void stamp_remove(const struct unit *unit)
{
	_cleanup_free_ char *path = unit_file(unit, "stamp");

	unlink(path);
}
