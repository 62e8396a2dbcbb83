// SPDX-License-Identifier: GPL-2.0-only
#include "host/build/around.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/strbuf.h"
#include "common/strv.h"
#include "host/base/paths.h"
#include "host/build/neighbours.h"

#include <errno.h>
#include <fnmatch.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* --- walking ----------------------------------------------------------------------------- */

struct scan {
	const char *left_out; /* the user's folder, which the mirror compares, or NULL */
	const char *project;  /* links out of it are not followed */
	struct inventory *files;
	struct timespec youngest;
};

/* A folder that is being walked, to notice links that lead back to it. */
struct folder {
	const struct folder *up;
	dev_t dev;
	ino_t ino;
};

static bool is_walked(const struct folder *folder, const struct stat *st)
{
	for (; folder; folder = folder->up)
		if (folder->dev == st->st_dev && folder->ino == st->st_ino)
			return true;
	return false;
}

static bool is_version_control(const char *name)
{
	static const char *const names[] = { ".git", ".svn", ".hg", "CVS" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static long long to_ns(const struct timespec *time)
{
	return time->tv_sec * 1000000000LL + time->tv_nsec;
}

static void add(struct scan *s, const char *path, const struct stat *st)
{
	struct inventory_entry e = { .path = (char *)path, .link = (char *)"" };

	e.type = S_ISDIR(st->st_mode) ? 'd' : S_ISLNK(st->st_mode) ? 'l' : 'f';
	if (e.type == 'f') {
		e.mode = st->st_mode & 0777;
		e.mtime = to_ns(&st->st_mtim);
		e.ctime = to_ns(&st->st_ctim);
		e.size = st->st_size;
		e.inode = st->st_ino;
		if (to_ns(&st->st_ctim) > to_ns(&s->youngest))
			s->youngest = st->st_ctim;
	}
	inventory_add(s->files, &e);
}

/* A link that leads nowhere, or out of the project, counts as a link. */
static int get_state(const struct scan *s, const char *path, struct stat *st)
{
	_cleanup_free_ char *real = NULL;

	if (lstat(path, st) < 0)
		return -errno;
	if (!S_ISLNK(st->st_mode))
		return 0;
	real = realpath(path, NULL);
	if (real && fs_is_within(real, s->project))
		(void)stat(real, st);
	return 0;
}

static void scan(struct scan *s, const char *path, const struct folder *up)
{
	_cleanup_strv_ char **names = NULL;
	struct folder here = { .up = up };
	struct stat st;

	if (s->files->n >= AROUND_FILES_MAX || get_state(s, path, &st) < 0)
		return;
	if (S_ISDIR(st.st_mode) &&
	    (is_walked(up, &st) || (s->left_out && strcmp(path, s->left_out) == 0)))
		return;
	add(s, path, &st);
	if (!S_ISDIR(st.st_mode) || fs_list(path, &names) < 0)
		return;
	here.dev = st.st_dev;
	here.ino = st.st_ino;
	strv_foreach (name, names) {
		_cleanup_free_ char *child = path_join(path, *name, NULL);

		if (!is_version_control(*name))
			scan(s, child, &here);
	}
}

/*
 * With copies beside the unit's copy, its own files count, too: a new header there may be found
 * before one that the copies used.
 */
static struct timespec list(const struct unit *unit, struct inventory *files)
{
	struct neighbours neighbours = { 0 };
	struct scan s = { .files = files, .project = unit->project };
	bool copies = false;

	neighbours_read(unit->dir, &neighbours);
	for (size_t i = 0; i < neighbours.n; i++)
		copies |= neighbours.list[i].is_copy;
	if (copies)
		scan(&s, unit->source.path, NULL);
	s.left_out = unit->source.path;
	for (size_t i = 0; i < neighbours.n; i++) {
		_cleanup_free_ char *root =
			neighbours_place(&neighbours.list[i], unit->source.path);

		scan(&s, root, NULL);
	}
	neighbours_release(&neighbours);
	inventory_sort(files);
	return s.youngest;
}

/* --- comparing --------------------------------------------------------------------------- */

static bool same(const struct inventory_entry *a, const struct inventory_entry *b)
{
	return a->type == b->type && a->mode == b->mode && a->mtime == b->mtime &&
	       a->ctime == b->ctime && a->size == b->size && a->inode == b->inode;
}

bool around_holds(const struct unit *unit)
{
	_cleanup_free_ char *path = unit_file(unit, "around");
	struct inventory old = { 0 }, now = { 0 };
	bool holds;

	inventory_read(&old, path);
	list(unit, &now);
	holds = old.n == now.n && now.n < AROUND_FILES_MAX;
	for (size_t i = 0; holds && i < now.n; i++)
		holds = strcmp(old.list[i].path, now.list[i].path) == 0 &&
			same(&old.list[i], &now.list[i]);
	inventory_release(&old);
	inventory_release(&now);
	return holds;
}

/*
 * A file that is saved again in the same tick of the file system's clock has the same time. make
 * reads it when the tick is over.
 */
static void wait_for_tick(const struct timespec *youngest)
{
	static const struct timespec tick = { .tv_nsec = 10 * 1000 * 1000 };
	struct timespec now;
	long long age;

	clock_gettime(CLOCK_REALTIME, &now);
	age = to_ns(&now) - to_ns(youngest);
	if (age >= 0 && age < tick.tv_nsec)
		nanosleep(&tick, NULL);
}

static void compare(const struct inventory *old, const struct inventory *now, time_t made,
		    struct products_change *change)
{
	for (size_t i = 0; i < now->n; i++) {
		const struct inventory_entry *e = &now->list[i];
		const struct inventory_entry *before = inventory_find(old, e->path);

		if (before && same(before, e))
			continue;
		if (!before || before->type != e->type || e->mtime / 1000000000 <= made)
			products_note_path(change, e->path);
		else
			products_note_content(change, e->path);
	}
	for (size_t i = 0; i < old->n; i++)
		if (!inventory_find(now, old->list[i].path))
			products_note_path(change, old->list[i].path);
}

void around_compare(const struct unit *unit, time_t made, struct inventory *now,
		    struct products_change *change)
{
	_cleanup_free_ char *path = unit_file(unit, "around");
	struct inventory old = { 0 };
	struct timespec youngest = list(unit, now);

	wait_for_tick(&youngest);
	if (!fs_exists(path))
		return; /* nothing was built */
	inventory_read(&old, path);
	compare(&old, now, made, change);
	inventory_release(&old);
	if (now->n >= AROUND_FILES_MAX) {
		log_warn("%s: its sources name folders beside it that have more than %d files; "
			 "everything is built again each time",
			 unit->shown, AROUND_FILES_MAX);
		change->any = change->all = true;
	}
}

int around_write(const struct unit *unit, const struct inventory *now)
{
	_cleanup_free_ char *path = unit_file(unit, "around");
	int r = inventory_write(now, path);

	return r < 0 ? log_error_errno(r, "Cannot write %s", path) : 0;
}

/* --- headers ----------------------------------------------------------------------------- */

bool around_is_header(const char *path)
{
	static const char *const patterns[] = { "*.h", "*.inc", "*.def" };

	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++)
		if (fnmatch(patterns[i], path, 0) == 0)
			return true;
	return false;
}

/* "../x.h" for what is beside `folder`, "../../x.h" for what is further up. */
static void add_relative(const char *path, const char *folder, struct strbuf *out)
{
	size_t n = 0, start = 0;

	for (; path[n] && path[n] == folder[n]; n++)
		if (path[n] == '/')
			start = n + 1;
	for (const char *p = folder + start; (p = strchr(p, '/')); p++)
		strbuf_adds(out, "../");
	strbuf_addf(out, "../%s\n", path + start);
}

void around_add_headers(const struct unit *unit, struct strbuf *list)
{
	_cleanup_free_ char *path = unit_file(unit, "around");
	struct inventory files = { 0 };

	inventory_read(&files, path);
	for (size_t i = 0; i < files.n; i++)
		if (around_is_header(files.list[i].path))
			add_relative(files.list[i].path, unit->source.path, list);
	if (files.n >= AROUND_FILES_MAX) /* different each time */
		strbuf_addf(list, "%lld\n", (long long)time(NULL));
	inventory_release(&files);
}
