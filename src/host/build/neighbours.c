// SPDX-License-Identifier: GPL-2.0-only
#include "host/build/neighbours.h"

#include "common/alloc.h"
#include "common/beneath.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/strbuf.h"
#include "common/strv.h"
#include "host/build/mirror.h"
#include "host/base/paths.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LEVELS    2
#define FILE_MAX  (4 * 1024 * 1024)
#define NAMES_MAX 1000
#define DEPTH_MAX 40

struct search {
	const struct neighbours_of *of;
	struct neighbours found;
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

static char *beside(const char *path, int level, const char *name)
{
	_cleanup_free_ char *dir = above(path, level);

	return path_join(dir, name, NULL);
}

static int update_copy(const struct search *s, const struct neighbour *n)
{
	_cleanup_free_ char *from = neighbours_place(n, s->of->user);
	_cleanup_free_ char *to = neighbours_place(n, s->of->copy);
	_cleanup_free_ char *real = realpath(from, NULL),
			    *manifest = neighbours_manifest(n, s->of->dir);
	bool changed = false;
	int r;

	if (!real)
		return log_error_errno(-errno, "Cannot read %s", from);
	r = mirror_update(&(struct mirror){ .from = real,
					    .project = s->of->project,
					    .left_out = s->of->left_out,
					    .size = s->of->size,
					    .root = s->of->work,
					    .to = to,
					    .manifest = manifest,
					    .stamp = s->of->stamp },
			  &changed);
	*s->changed |= changed;
	return r;
}

/*
 * Replaces a copy that was needed earlier, by nothing if the user's folder is gone; a folder that
 * the build made there stays.
 */
static int put_link(const struct search *s, const struct neighbour *n)
{
	_cleanup_free_ char *from = neighbours_place(n, s->of->user);
	_cleanup_free_ char *to = neighbours_place(n, s->of->copy);
	_cleanup_free_ char *manifest = neighbours_manifest(n, s->of->dir);
	int r = unlink(manifest) == 0 ? beneath_remove(s->of->work, to) : 0;

	if (r == 0 && !n->is_missing)
		r = beneath_put_link(s->of->work, to, from);
	return r < 0 && r != -EISDIR ? log_error_errno(r, "Cannot create a link to %s", from) : 0;
}

static struct neighbour *find(const struct neighbours *found, int level, const char *name)
{
	for (size_t i = 0; i < found->n; i++)
		if (found->list[i].level == level && strcmp(found->list[i].name, name) == 0)
			return &found->list[i];
	return NULL;
}

static struct neighbour *add(struct neighbours *neighbours, int level, const char *name)
{
	GROW(neighbours->list, neighbours->n);
	neighbours->list[neighbours->n] =
		(struct neighbour){ .level = level, .name = xstrdup(name) };
	return &neighbours->list[neighbours->n++];
}

/* Neither the path nor what it leads to may be elsewhere. */
static bool is_in_project(const struct neighbours_of *of, const char *path)
{
	_cleanup_free_ char *real = realpath(path, NULL);

	if (fs_is_within(path, of->project) && (!real || fs_is_within(real, of->project)))
		return true;
	if (real && !strv_contains(*of->left_out, path))
		strv_add(of->left_out, path);
	return false;
}

/* Words in comments count as missing; the copy itself and its parent exist already. */
static void note_neighbour(struct search *s, int level, const char *name, bool has_objects)
{
	_cleanup_free_ char *from = beside(s->of->user, level, name);
	_cleanup_free_ char *to = beside(s->of->copy, level, name);
	struct neighbour *known = find(&s->found, level, name);

	if (fs_is_within(s->of->copy, to) || (!known && s->found.n >= NAMES_MAX) ||
	    !is_in_project(s->of, from))
		return;
	if (!known)
		known = add(&s->found, level, name);
	known->is_missing = !fs_exists(from);
	known->is_copy |= has_objects && fs_is_dir(from);
}

/* Is `p` between double quotes on its line of `text`? */
static bool is_quoted(const char *text, const char *p)
{
	bool quoted = false;

	while (p > text && p[-1] != '\n')
		quoted ^= *--p == '"';
	return quoted;
}

/* Bytes of letters that are not ASCII may be in a name, too; blanks only in quotes. */
static bool is_of_name(char c, bool quoted)
{
	return isalnum((unsigned char)c) || (unsigned char)c >= 0x80 || (c && strchr("._-+", c)) ||
	       (quoted && c == ' ');
}

/* Handles a "../" at *at in the `text` of a file `depth` folders below the copy. */
static void take_reference(struct search *s, const char *text, const char **at, int depth)
{
	_cleanup_free_ char *name = NULL;
	const char *p = *at, *end;
	bool quoted = is_quoted(text, p);
	int levels = 0;

	for (; strncmp(p, "../", 3) == 0; p += 3)
		levels++;
	for (end = p; is_of_name(*end, quoted);)
		end++;
	name = xstrndup(p, (size_t)(end - p));
	while (*end && *end != '"' && !isspace((unsigned char)*end))
		end++;
	*at = end;
	levels -= depth;
	if (levels >= 1 && levels <= LEVELS && *name && strcmp(name, ".") != 0 &&
	    strcmp(name, "..") != 0)
		note_neighbour(s, levels, name, end - p > 2 && strncmp(end - 2, ".o", 2) == 0);
}

/* A file that is too large, or a dangling link, is skipped: the compiler will report it. */
static void search_file(struct search *s, int copy, const char *path, int depth)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	const char *p;

	if (beneath_read_linked(copy, path, &text, FILE_MAX) < 0)
		return;
	for (p = text.buf; (p = strstr(p, "../"));)
		take_reference(s, text.buf, &p, depth);
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

static void search_folder(struct search *s, int copy, const char *dir, int depth)
{
	_cleanup_strv_ char **names = NULL;

	(void)beneath_list(copy, dir, &names);
	strv_foreach (name, names) {
		_cleanup_free_ char *path = *dir ? path_join(dir, *name, NULL) : xstrdup(*name);
		struct stat st;

		if (beneath_stat(copy, path, &st) == 0 && S_ISDIR(st.st_mode) && depth < DEPTH_MAX)
			search_folder(s, copy, path, depth + 1);
		else if (is_interesting(*name))
			search_file(s, copy, path, depth);
	}
}

/* --- the list ------------------------------------------------------------------------ */

void neighbours_release(struct neighbours *neighbours)
{
	for (size_t i = 0; i < neighbours->n; i++)
		free(neighbours->list[i].name);
	free(neighbours->list);
	*neighbours = (struct neighbours){ 0 };
}

static void set_kind(struct neighbour *neighbour, const char *kind)
{
	neighbour->is_copy = strncmp(kind, "copy", 4) == 0;
	neighbour->is_missing = strncmp(kind, "none", 4) == 0;
}

static const char *kind_of(const struct neighbour *neighbour)
{
	return neighbour->is_missing ? "none" : neighbour->is_copy ? "copy" : "link";
}

/* Each line is the level, "copy", "link" or "none", and the name. */
void neighbours_read(const char *dir, struct neighbours *neighbours)
{
	_cleanup_free_ char *path = path_join(dir, "neighbours", NULL);
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	char *rest;

	if (fs_read(path, &text, 0) < 0)
		return;
	rest = text.buf;
	for (char *line; (line = strsep(&rest, "\n")) && strlen(line) > 7;)
		set_kind(add(neighbours, *line - '0', line + 7), line + 2);
}

static int write_list(const struct search *s)
{
	_cleanup_free_ char *path = path_join(s->of->dir, "neighbours", NULL);
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r;

	for (size_t i = 0; i < s->found.n; i++)
		strbuf_addf(&text, "%d %s %s\n", s->found.list[i].level, kind_of(&s->found.list[i]),
			    s->found.list[i].name);
	r = fs_write_atomic(path, text.buf, text.len, 0600);
	return r < 0 ? log_error_errno(r, "Cannot write %s", path) : 0;
}

static int find_all(struct search *s)
{
	_cleanup_close_ int copy = beneath_open(s->of->work, s->of->copy, O_PATH | O_DIRECTORY, 0);

	if (copy < 0)
		return log_error_errno(copy, "Cannot open the copy of %s", s->of->user);
	search_folder(s, copy, "", 0);
	return write_list(s);
}

static bool anything_appeared(const struct search *s)
{
	for (size_t i = 0; i < s->found.n; i++) {
		const struct neighbour *n = &s->found.list[i];
		_cleanup_free_ char *from = beside(s->of->user, n->level, n->name);

		if (n->is_missing && fs_exists(from))
			return true;
	}
	return false;
}

int neighbours_update(const struct neighbours_of *of, bool search, bool *changed)
{
	struct search s = { .of = of, .changed = changed };
	int r = 0;

	if (!search)
		neighbours_read(of->dir, &s.found);
	if (!search && anything_appeared(&s)) {
		neighbours_release(&s.found);
		search = *changed = true;
	}
	if (search)
		r = find_all(&s);
	for (size_t i = 0; i < s.found.n && r == 0; i++) {
		const struct neighbour *n = &s.found.list[i];

		if (n->is_copy)
			r = update_copy(&s, n);
		else if (search)
			r = put_link(&s, n);
	}
	neighbours_release(&s.found);
	return r;
}

void neighbours_list(const char *dir, const char *user, char ***paths)
{
	struct neighbours found = { 0 };

	neighbours_read(dir, &found);
	for (size_t i = 0; i < found.n; i++) {
		_cleanup_free_ char *path = beside(user, found.list[i].level, found.list[i].name);

		if (fs_exists(path))
			strv_add(paths, path);
	}
	neighbours_release(&found);
}

char *neighbours_resolve(const struct neighbours *neighbours, const char *user, const char *copy,
			 const char *path)
{
	for (size_t i = 0; i < neighbours->n; i++) {
		const struct neighbour *n = &neighbours->list[i];
		_cleanup_free_ char *there = beside(copy, n->level, n->name);
		_cleanup_free_ char *here = beside(user, n->level, n->name);

		if (!n->is_copy && !n->is_missing && fs_is_within(path, there))
			return xasprintf("%s%s", here, path + strlen(there));
	}
	return NULL;
}

char *neighbours_place(const struct neighbour *neighbour, const char *path)
{
	return beside(path, neighbour->level, neighbour->name);
}

char *neighbours_manifest(const struct neighbour *neighbour, const char *dir)
{
	return xasprintf("%s/beside-%d-%s", dir, neighbour->level, neighbour->name);
}
