// SPDX-License-Identifier: GPL-2.0-only
#include "host/stamp.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "host/compdb.h"
#include "host/kbuild.h"
#include "host/paths.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void add_file(struct strbuf *out, const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		memset(&st, 0, sizeof(st));
	strbuf_addf(out, "file %lld.%09ld %lld %s\n", (long long)st.st_mtim.tv_sec,
		    st.st_mtim.tv_nsec, (long long)st.st_size, path);
}

static bool is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return strncmp(path, dir, n) == 0 && path[n] == '/';
}

struct deps {
	const struct unit *unit;
	char **files;
};

/* Files of the kernel tree never change, and those of the copy are compared by the mirror. */
static void take_dep(const char *path, void *arg)
{
	struct deps *deps = arg;
	_cleanup_free_ char *real = NULL;

	if (is_below(path, deps->unit->tree->root) || is_below(path, deps->unit->tree->build))
		return; /* most of them */
	if (*path == '/')
		real = realpath(path, NULL);

	/* Relative ones are in the kernel tree, or (from 6.13 on) in the copy or beside it. */
	if (*path != '/' && strncmp(path, "../", 3) == 0) {
		_cleanup_free_ char *full = path_join(deps->unit->copy, path, NULL);

		real = realpath(full, NULL);
	}
	if (!real || is_below(real, deps->unit->copy) || is_below(real, deps->unit->tree->root) ||
	    is_below(real, deps->unit->tree->build) || is_below(real, "/usr"))
		return;
	if (!strv_contains(deps->files, real))
		strv_add(&deps->files, real);
}

/* All but the files that the compiler read, which only a build can tell. */
static void describe(const struct unit *unit, struct strbuf *out)
{
	_cleanup_strv_ char **modules = unit_modules(unit);

	kbuild_describe(unit, out);
	strv_foreach (path, unit->symvers)
		add_file(out, *path);
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
	describe(unit, &wanted);
	return strncmp(found.buf, wanted.buf, wanted.len) == 0 &&
	       files_hold(found.buf + wanted.len);
}

void stamp_write(const struct unit *unit)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	_cleanup_free_ char *path = unit_file(unit, "stamp");
	struct deps deps = { .unit = unit };

	describe(unit, &text);
	compdb_each_dep(unit->copy, take_dep, &deps);
	strv_foreach (file, deps.files)
		add_file(&text, *file);
	strv_free(deps.files);
	if (fs_write_atomic(path, text.buf, text.len, 0600) < 0)
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

void stamp_remove(const struct unit *unit)
{
	_cleanup_free_ char *path = unit_file(unit, "stamp");

	unlink(path);
}
