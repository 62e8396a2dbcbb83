// SPDX-License-Identifier: GPL-2.0-only
#include "host/build/mirror.h"

#include "common/alloc.h"
#include "common/beneath.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/strbuf.h"
#include "common/strv.h"
#include "host/build/inventory.h"
#include "host/build/mirror_link.h"
#include "host/build/mirror_put.h"
#include "host/build/products.h"
#include "host/base/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MIRROR_MAX_DEPTH 40

struct update {
	const struct mirror *to;
	int copy; /* its descriptor */
	struct inventory old, new;
	struct timespec start;
	struct products_change change; /* for products_drop() */
	bool fresh;                    /* there was no copy, so nothing was built from it */
	bool changed;
	bool restated; /* only inodes or change times differ */
};

/* --- walking ------------------------------------------------------------------- */

/*
 * kbuild leaves .foo.o.cmd next to each object that it makes; an object without one was put
 * there by the user.
 */
static bool is_built_object(const char *dir, const char *name)
{
	_cleanup_free_ char *cmd = xasprintf("%s/.%s.cmd", dir, name);

	return fnmatch("*.o", name, 0) == 0 && fs_exists(cmd);
}

static bool is_left_out(const char *dir, const char *name)
{
	static const char *const patterns[] = {
		".git",    ".svn",   ".hg",    "CVS",           "*.ko",           "*.mod",
		"*.mod.c", ".*.cmd", ".*.o.d", "modules.order", "Module.symvers", ".tmp_versions",
	};

	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++)
		if (fnmatch(patterns[i], name, 0) == 0)
			return true;
	return is_built_object(dir, name);
}

static int walk(struct update *m, const char *from, const char *rel, int depth);

static long long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static long long to_ns(const struct timespec *time)
{
	return time->tv_sec * 1000000000LL + time->tv_nsec;
}

/*
 * File systems use a clock that ticks every few milliseconds: a file that was just saved could
 * be saved again with the same time. After the tick, a later change has another time.
 */
static void wait_for_tick(const struct stat *st)
{
	static const struct timespec tick = { .tv_nsec = 10 * 1000 * 1000 };
	long long age = now_ns() - to_ns(&st->st_ctim);

	if (age >= 0 && age < tick.tv_nsec)
		nanosleep(&tick, NULL);
}

static bool same_content(const char *from, int copy, const char *path)
{
	_cleanup_(strbuf_release) struct strbuf x = STRBUF_INIT, y = STRBUF_INIT;

	return fs_read(from, &x, 0) == 0 && beneath_read(copy, path, &y, x.len + 1) == 0 &&
	       x.len == y.len && memcmp(x.buf, y.buf, x.len) == 0;
}

/*
 * Is the file in the copy still current? Another file that took the source's place may have
 * the same time and size, and so may one that was written in place and got its old time back.
 * A new inode or change time alone is not a change: chmod and ln set the latter, and some file
 * systems renumber files.
 */
static bool is_current(struct update *m, const struct inventory_entry *e, const char *from)
{
	const struct inventory_entry *old = inventory_find(&m->old, e->path);

	if (!old || old->type != e->type || old->mode != e->mode || old->mtime != e->mtime ||
	    old->size != e->size || strcmp(old->link, e->link) != 0 ||
	    !beneath_exists(m->copy, e->path))
		return false;
	if (old->inode == e->inode && old->ctime == e->ctime)
		return true;
	m->restated = true;
	return same_content(from, m->copy, e->path);
}

/*
 * Removes the manifest and the stamp before the first change, because the copy will match
 * neither. If the update is interrupted, the next one starts from scratch.
 */
static void change(struct update *m)
{
	if (m->changed)
		return;
	m->changed = true;
	unlink(m->to->manifest);
	if (m->to->stamp)
		unlink(m->to->stamp);
}

static void note_change(struct update *m, const struct inventory_entry *e)
{
	const struct inventory_entry *old = inventory_find(&m->old, e->path);

	change(m);
	/* make looks at a link's target, which may be old */
	if (!old || old->type != e->type || e->type == 'l')
		products_note_path(&m->change, e->path);
	else if (e->type == 'f')
		products_note_content(&m->change, e->path);
}

static int add_size(const struct update *m, const struct inventory_entry *e)
{
	struct mirror_size *size = m->to->size;

	size->files++;
	size->bytes += e->size;
	if (size->files <= MIRROR_MAX_FILES && size->bytes <= MIRROR_MAX_BYTES)
		return 0;
	log_error("%s and what it refers to is more than %d files or %lld GiB", m->to->from,
		  MIRROR_MAX_FILES, MIRROR_MAX_BYTES >> 30);
	log_hint("Remove links to folders that it does not need: what a link leads to is copied");
	return -EFBIG;
}

/* Makes one entry of the copy, unless it is current. */
static int put(struct update *m, const char *from, const struct inventory_entry *e)
{
	int r = add_size(m, e);

	if (r < 0)
		return r;
	inventory_add(&m->new, e);
	if (is_current(m, e, from))
		return 0;
	note_change(m, e);
	return mirror_put(from, m->copy, e, m->fresh ? NULL : &m->start);
}

/* Would it copy what belongs to another project, or to nobody's, such as a key? */
static bool leads_out(const struct update *m, const char *link)
{
	_cleanup_free_ char *real = realpath(link, NULL);

	if (real && fs_is_within(real, m->to->project))
		return false;
	strv_add(m->to->left_out, link);
	return true;
}

static int visit(struct update *m, const char *from, const char *rel, int depth)
{
	_cleanup_free_ char *link = NULL;
	struct stat st;
	struct inventory_entry e = { .path = (char *)rel, .link = (char *)"" };

	if (lstat(from, &st) < 0)
		return errno == ENOENT ? 0 : log_error_errno(-errno, "Cannot access %s", from);
	if (S_ISLNK(st.st_mode)) {
		link = mirror_link(m->to->from, from, rel);
		if (link) {
			e.type = 'l';
			e.link = link;
			return put(m, from, &e);
		}
		if (leads_out(m, from))
			return 0;
		if (stat(from, &st) < 0)
			return errno == ENOENT ? 0
					       : log_error_errno(-errno, "Cannot follow %s", from);
	}
	if (S_ISDIR(st.st_mode)) {
		int r;

		e.type = 'd';
		r = put(m, from, &e);
		return r < 0 ? r : walk(m, from, rel, depth + 1);
	}
	if (!S_ISREG(st.st_mode))
		return 0;
	wait_for_tick(&st);
	e.type = 'f';
	e.mode = st.st_mode & 0777;
	e.mtime = to_ns(&st.st_mtim);
	e.ctime = to_ns(&st.st_ctim);
	e.size = st.st_size;
	e.inode = st.st_ino;
	return put(m, from, &e);
}

static int walk(struct update *m, const char *from, const char *rel, int depth)
{
	_cleanup_strv_ char **names = NULL;
	int r = depth > MIRROR_MAX_DEPTH ? -ELOOP : fs_list(from, &names);

	if (r < 0)
		return log_error_errno(r, "Cannot read the folder %s", from);
	strv_foreach (name, names) {
		_cleanup_free_ char *child = path_join(from, *name, NULL);
		_cleanup_free_ char *child_rel =
			*rel ? path_join(rel, *name, NULL) : xstrdup(*name);

		if (is_left_out(from, *name))
			continue;
		r = visit(m, child, child_rel, depth);
		if (r < 0)
			return r;
	}
	return 0;
}

/*
 * Is the folder that contained `path` gone? Then everything in it is gone, and a link may have
 * taken its place.
 */
static bool went_with_folder(const struct update *m, const char *path)
{
	const char *slash = strrchr(path, '/');
	_cleanup_free_ char *dir = slash ? xstrndup(path, (size_t)(slash - path)) : NULL;
	const struct inventory_entry *e = dir ? inventory_find(&m->new, dir) : NULL;

	return dir && (!e || e->type != 'd');
}

/* Removes what is no longer in the sources, a folder with everything that was built in it. */
static int remove_gone(struct update *m)
{
	for (size_t i = 0; i < m->old.n; i++) {
		const char *path = m->old.list[i].path;
		int r;

		if (inventory_find(&m->new, path))
			continue;
		change(m);
		products_note_path(&m->change, path);
		r = went_with_folder(m, path) ? 0 : beneath_remove(m->copy, path);
		if (r < 0)
			return log_error_errno(r, "Cannot remove %s from the copy", path);
	}
	return 0;
}

static int update(struct update *m)
{
	int r;

	r = walk(m, m->to->from, "", 0);
	if (r < 0)
		return r;
	inventory_sort(&m->new);
	r = remove_gone(m);
	if (r == 0 && !m->fresh)
		r = products_drop(m->copy, &m->new, &m->change);
	if (r < 0 || (!m->changed && !m->restated))
		return r;
	r = inventory_write(&m->new, m->to->manifest);
	return r < 0 ? log_error_errno(r, "Cannot write %s", m->to->manifest) : 0;
}

/* Without a manifest nobody knows what was copied, so the copy is removed. */
static int prepare(struct update *m)
{
	const struct mirror *to = m->to;
	int r = 0;

	inventory_read(&m->old, to->manifest);
	if (!m->old.n)
		r = beneath_remove(to->root, to->to);
	if (r == 0) {
		m->fresh = !beneath_exists(to->root, to->to);
		r = beneath_mkdir_p(to->root, to->to, 0700);
	}
	if (r == 0)
		m->copy = r = beneath_open(to->root, to->to, O_PATH | O_DIRECTORY, 0);
	return r < 0 ? log_error_errno(r, "Cannot create the copy of %s", to->from) : 0;
}

int mirror_update(const struct mirror *mirror, bool *changed)
{
	struct update m = { .to = mirror, .copy = -1 };
	int r = prepare(&m);

	clock_gettime(CLOCK_REALTIME, &m.start);
	if (r == 0)
		r = update(&m);
	close_fd(&m.copy);
	*changed = m.changed;
	inventory_release(&m.old);
	inventory_release(&m.new);
	products_change_release(&m.change);
	return r;
}
