// SPDX-License-Identifier: GPL-2.0-only
#include "host/build/neighbours.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/strbuf.h"
#include "common/strv.h"
#include "host/build/mirror.h"
#include "host/base/paths.h"

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#define LEVELS   2
#define FILE_MAX (4 * 1024 * 1024)

struct search {
	const char *user, *copy, *stamp;
	bool *changed;
};

/* The folder `levels` above `path`. */
static char *above(const char *path, int levels)
{
	char *dir = xstrdup(path);

	while (levels--) {
		char *slash = strrchr(dir, '/');

		if (slash)
			*(slash == dir ? slash + 1 : slash) = '\0';
	}
	return dir;
}

static int update_copy(const struct search *s, int level, const char *name)
{
	_cleanup_free_ char *from_dir = above(s->user, level);
	_cleanup_free_ char *to_dir = above(s->copy, level);
	_cleanup_free_ char *from = path_join(from_dir, name, NULL);
	_cleanup_free_ char *to = path_join(to_dir, name, NULL);
	_cleanup_free_ char *real = realpath(from, NULL);
	_cleanup_free_ char *manifest = xasprintf("%s/.manifest-%s", to_dir, name);
	bool changed = false;
	int r;

	if (!real)
		return log_error_errno(-errno, "Cannot read %s", from);
	r = mirror_update(real, to, manifest, s->stamp, &changed);
	*s->changed |= changed;
	return r;
}

static int add_neighbour(const struct search *s, int level, const char *name, bool has_objects)
{
	_cleanup_free_ char *from_dir = above(s->user, level);
	_cleanup_free_ char *to_dir = above(s->copy, level);
	_cleanup_free_ char *from = path_join(from_dir, name, NULL);
	_cleanup_free_ char *to = path_join(to_dir, name, NULL);
	struct stat st;

	/* Words in comments are not files, and the copy itself exists already. */
	if (!fs_exists(from) || strcmp(to, s->copy) == 0)
		return 0;
	if (has_objects && fs_is_dir(from)) {
		if (lstat(to, &st) == 0 && S_ISLNK(st.st_mode))
			unlink(to);
		return update_copy(s, level, name);
	}
	if (lstat(to, &st) == 0)
		return 0;
	return symlink(from, to) < 0 ? log_error_errno(-errno, "Cannot make the link %s", to) : 0;
}

/* Handles a "../" in a file `depth` folders below the copy. */
static int take_reference(const struct search *s, const char **text, int depth)
{
	_cleanup_free_ char *name = NULL;
	const char *p = *text, *end;
	int levels = 0;

	for (; strncmp(p, "../", 3) == 0; p += 3)
		levels++;
	for (end = p; isalnum((unsigned char)*end) || (*end && strchr("._-+", *end));)
		end++;
	name = xstrndup(p, (size_t)(end - p));
	while (*end && !isspace((unsigned char)*end))
		end++;
	*text = end;
	levels -= depth;
	if (levels < 1 || levels > LEVELS || !*name)
		return 0;
	return add_neighbour(s, levels, name, end - p > 2 && strncmp(end - 2, ".o", 2) == 0);
}

static int search_file(const struct search *s, const char *path, int depth)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	const char *p = text.buf;
	int r = fs_read(path, &text, FILE_MAX);

	if (r < 0)
		return 0; /* too large, or a dangling link: the compiler will report it */
	for (p = text.buf; (p = strstr(p, "../"));) {
		r = take_reference(s, &p, depth);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool is_interesting(const char *name)
{
	static const char *const patterns[] = { "*.c",     "*.h",  "*.S",      "Makefile*",
						"Kbuild*", "*.mk", "dkms.conf" };

	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++)
		if (fnmatch(patterns[i], name, 0) == 0)
			return true;
	return false;
}

static int search_folder(const struct search *s, const char *dir, int depth)
{
	_cleanup_strv_ char **names = NULL;
	int r = fs_list(dir, &names);

	strv_foreach (name, names) {
		_cleanup_free_ char *path = path_join(dir, *name, NULL);
		struct stat st;

		if (r < 0 || lstat(path, &st) < 0)
			break;
		if (S_ISDIR(st.st_mode))
			r = search_folder(s, path, depth + 1);
		else if (is_interesting(*name))
			r = search_file(s, path, depth);
	}
	return r;
}

/* Real folders next to the copy are copies that were made before. */
static int update_copies(const struct search *s, int level)
{
	_cleanup_free_ char *dir = above(s->copy, level);
	_cleanup_free_ char *below = above(s->copy, level - 1); /* the copy, or its parent */
	_cleanup_strv_ char **names = NULL;
	int r = fs_list(dir, &names);

	strv_foreach (name, names) {
		_cleanup_free_ char *path = path_join(dir, *name, NULL);
		struct stat st;

		if (r < 0)
			break;
		if (strcmp(path, below) != 0 && lstat(path, &st) == 0 && S_ISDIR(st.st_mode))
			r = update_copy(s, level, *name);
	}
	return r;
}

int neighbours_update(const char *user, const char *copy, const char *stamp, bool search,
		      bool *changed)
{
	struct search s = { user, copy, stamp, changed };
	int r = 0;

	if (search)
		return search_folder(&s, copy, 0);
	for (int level = 1; level <= LEVELS && r == 0; level++)
		r = update_copies(&s, level);
	return r;
}

void neighbours_list(const char *user, const char *copy, char ***paths)
{
	for (int level = 1; level <= LEVELS; level++) {
		_cleanup_free_ char *from = above(user, level);
		_cleanup_free_ char *to = above(copy, level);
		_cleanup_free_ char *below = above(copy, level - 1);
		_cleanup_strv_ char **names = NULL;

		(void)fs_list(to, &names);
		strv_foreach (name, names) {
			_cleanup_free_ char *there = path_join(to, *name, NULL);
			_cleanup_free_ char *path = path_join(from, *name, NULL);

			if (**name != '.' && strcmp(there, below) != 0 && fs_exists(path))
				strv_add(paths, path);
		}
	}
}
