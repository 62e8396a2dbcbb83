// SPDX-License-Identifier: GPL-2.0-only
/* Maps paths in debug info to the user's files, and reads source lines. */
#include "host/symbolize/internal.h"

#include "common/alloc.h"
#include "common/beneath.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/strbuf.h"
#include "common/strv.h"
#include "common/text.h"
#include "host/build/messages.h"
#include "host/base/paths.h"
#include "host/base/project.h"
#include "host/build/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define CONTEXT   2 /* lines shown before and after */
#define FILE_MAX  (16 * 1024 * 1024)
#define LINE_KEPT 400 /* bytes kept of a line */
#define LEVELS    2   /* parent folders of a copy that correspond to the user's: see neighbours.h */

/* The real path of a file that debug info names independently of the host: see UNIT_DEBUG_ROOT. */
static char *built_file(const struct origin *origin, const char *path)
{
	static const char root[] = UNIT_DEBUG_ROOT;
	const char *rest =
		strncmp(path, root, strlen(root)) == 0 ? strchr(path + strlen(root), '/') : NULL;
	_cleanup_free_ char *built = rest && origin->build_dir
					     ? xasprintf("%s%s", origin->build_dir, rest)
					     : xstrdup(path);

	return path_normalise(built);
}

/* The part after the folder's name if the path is below it; else NULL. */
static const char *below(const char *path, const char *dir, size_t n)
{
	return n && strncmp(path, dir, n) == 0 && path[n] == '/' ? path + n + 1 : NULL;
}

static size_t parent(const char *path, size_t n)
{
	const char *slash = memrchr(path, '/', n);

	return slash ? (size_t)(slash - path) : 0;
}

/* The user's file that the copy at `path` was made from; NULL: not a copy. */
static char *user_file(const struct origin *origin, const char *path)
{
	size_t copy, user;

	if (!origin->build_dir || !origin->user_dir)
		return NULL;
	copy = strlen(origin->build_dir);
	user = strlen(origin->user_dir);
	for (int level = 0; level <= LEVELS; level++) {
		const char *rest = below(path, origin->build_dir, copy);

		if (!rest)
			rest = below(path, origin->user_dir, user);
		if (rest)
			return xasprintf("%.*s/%s", (int)user, origin->user_dir, rest);
		copy = parent(origin->build_dir, copy);
		user = parent(origin->user_dir, user);
	}
	return NULL;
}

bool origin_is_own(const struct origin *origin, const char *path)
{
	_cleanup_free_ char *whole = built_file(origin, path);
	_cleanup_free_ char *user = user_file(origin, whole);

	if (origin->build_dir)
		return user;
	return !strstr(whole, "/include/") && strncmp(whole, "include/", 8) != 0;
}

/* For a file in one of our kernel trees: its path in the kernel sources. */
static const char *kernel_name(const char *path)
{
	_cleanup_free_ char *trees = path_cache("trees", NULL);
	const char *rest = below(path, trees, strlen(trees));
	const char *tree = strncmp(path, "/usr/src/linux-", 15) == 0 ? path + 8
			   : rest ? strstr(rest, "/linux-headers-")
				  : NULL;

	tree = tree ? strchr(tree + 1, '/') : NULL;
	return tree ? tree + 1 : NULL;
}

char *origin_shown(const struct origin *origin, const char *path)
{
	_cleanup_free_ char *whole = built_file(origin, path);
	_cleanup_free_ char *user = user_file(origin, whole);
	const char *kernel = kernel_name(whole);

	if (user && fs_exists(user))
		return path_shown(user);
	return kernel ? xstrdup(kernel) : path_shown(whole);
}

/* --- lines ------------------------------------------------------------------------ */

static bool is_newer(const struct stat *st, struct timespec than)
{
	return st->st_mtim.tv_sec > than.tv_sec ||
	       (st->st_mtim.tv_sec == than.tv_sec && st->st_mtim.tv_nsec > than.tv_nsec);
}

static void take_lines(const char *text, struct report_source *source)
{
	int first = source->at.line > CONTEXT ? source->at.line - CONTEXT : 1;
	int number = 1;

	for (const char *p = text; *p && number <= source->at.line + CONTEXT; number++) {
		size_t n = strcspn(p, "\n"), kept = n;

		while (kept && p[kept - 1] == '\r')
			kept--;
		if (number >= first) {
			_cleanup_free_ char *line =
				xstrndup(p, kept < LINE_KEPT ? kept : LINE_KEPT);

			strv_add(&source->lines, line);
		}
		p += n + (p[n] == '\n');
	}
	source->first = first;
	if (number <= source->at.line) { /* the file is shorter */
		strv_free(source->lines);
		source->lines = NULL;
	}
}

/* What may be in a project beside sources, such as .git/config or .env, is not for a report. */
static bool is_source(const char *path)
{
	static const char *const ends[] = { ".c", ".h", ".S", ".s", ".rs", ".inc" };

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (text_ends_with(path, ends[i]))
			return true;
	return false;
}

/* Opens the file `path`, which has no links in it, if it is below the folder. -EXDEV if not. */
static int open_below(const char *dir, const char *path)
{
	_cleanup_free_ char *real = realpath(dir, NULL);
	_cleanup_close_ int root = -1;

	if (!real || strcmp(real, path) == 0 || !fs_is_within(path, real))
		return -EXDEV;
	root = beneath_root(real);
	return root < 0 ? root
			: beneath_open(root, path + strlen(real) + 1, O_RDONLY | O_NONBLOCK, 0);
}

/* -EXDEV if the file is none of the module's sources. */
static int open_source(const struct origin *origin, const char *whole)
{
	_cleanup_free_ char *real = *whole == '/' ? realpath(whole, NULL) : NULL;
	_cleanup_free_ char *project =
		project_root(origin->build_dir ? origin->user_dir : origin->file);
	int fd = -EXDEV;

	if (!real)
		return -ENOENT;
	if (!is_source(real))
		return -EXDEV;
	if (origin->build_dir) {
		size_t n = strlen(origin->build_dir);
		_cleanup_free_ char *ours = NULL;

		for (int level = 0; level < LEVELS; level++)
			n = parent(origin->build_dir, n);
		ours = xstrndup(origin->build_dir, n);
		fd = open_below(ours, real);
	}
	return fd == -EXDEV ? open_below(project, real) : fd;
}

void origin_read_lines(const struct origin *origin, const char *path, struct report_source *source)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	_cleanup_free_ char *whole = built_file(origin, path);
	_cleanup_free_ char *user = user_file(origin, whole);
	_cleanup_close_ int fd = open_source(origin, whole);
	struct stat st;

	if (fd == -EXDEV)
		source->note = xstrdup("not shown: the file is none of the module's sources");
	else if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
		 fs_read_fd(fd, &text, FILE_MAX) < 0)
		source->note = xstrdup("source file not found");
	else if (is_newer(&st, origin->made))
		source->note = xstrdup("source file changed since the build");
	else
		take_lines(text.buf, source);
	if (source->lines && user && stat(user, &st) == 0 && is_newer(&st, origin->made))
		source->note = xstrdup("as built; the file has changed since then");
}
