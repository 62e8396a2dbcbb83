// SPDX-License-Identifier: GPL-2.0-only
/* The copy of a unit's sources, in which it is built. */
#include "host/build/unit_internal.h"

#include "common/alloc.h"
#include "common/beneath.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/strv.h"
#include "host/build/around.h"
#include "host/build/inventory.h"
#include "host/build/mirror.h"
#include "host/build/neighbours.h"
#include "host/base/paths.h"
#include "host/build/toolchain.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAMED_MAX 5

static int put_link(const char *path, const char *target)
{
	_cleanup_free_ char *dir = xstrndup(path, (size_t)(strrchr(path, '/') - path));
	int r = fs_mkdir_p(dir, 0700);

	if (r == 0)
		r = fs_put_link(path, target);
	return r < 0 ? log_error_errno(r, "Cannot create the link %s", path) : 0;
}

/* The same in work/. */
static int put_dkms_link(const struct unit *unit, int work, const char *path)
{
	const char *name = unit_below_work(unit, path);
	_cleanup_free_ char *dir = xstrndup(name, (size_t)(strrchr(name, '/') - name));
	int r = beneath_mkdir_p(work, dir, 0700);

	if (r == -ENOTDIR) { /* a build left something else there */
		r = beneath_remove(work, dir);
		r = r < 0 ? r : beneath_mkdir_p(work, dir, 0700);
	}
	if (r == 0)
		r = beneath_put_link(work, name, unit->copy);
	return r < 0 ? log_error_errno(r, "Cannot create the link %s", path) : 0;
}

/* The folders that dkms has under $dkms_tree and $source_tree; dkms.conf may refer to them. */
static int put_dkms_links(const struct unit *unit, int work)
{
	_cleanup_free_ char *source =
		path_join(unit->dkms_tree, unit->conf.name, unit->conf.version, "source", NULL);
	_cleanup_free_ char *name = xasprintf("%s-%s", unit->conf.name, unit->conf.version);
	_cleanup_free_ char *in_source_tree = path_join(unit->dkms_tree, "source", name, NULL);
	int r = put_dkms_link(unit, work, source);

	return r < 0 ? r : put_dkms_link(unit, work, in_source_tree);
}

/*
 * A build in the container may have left a process that goes on to write to its work/. A build on
 * this machine gets another folder of that name, and so does the next one in the container.
 */
static int renew_work(const struct unit *unit)
{
	_cleanup_free_ char *old = unit_file(unit, "work.old");
	int r = fs_remove_tree(old);

	if (r == 0 && rename(unit->work, old) < 0)
		r = -errno;
	if (r == 0 && mkdir(unit->work, 0700) < 0)
		r = -errno;
	(void)fs_remove_tree(old);
	return r < 0 ? log_error_errno(r, "Cannot renew %s", unit->work) : 0;
}

static bool is_damaged(const struct unit *unit)
{
	_cleanup_close_ int copy = unit_open_copy(unit);

	return copy < 0 && copy != -ENOENT;
}

static void forget(const struct unit *unit)
{
	static const char *const names[] = { "copy", "manifest", "patched" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *path = unit_file(unit, names[i]);

		unlink(path);
	}
}

/*
 * Starts from scratch if the copy has moved (for example because of a new version in its
 * dkms.conf), was built with other tools, or is no longer where it was put.
 */
static int place_copy(const struct unit *unit)
{
	_cleanup_free_ char *link = unit_file(unit, "copy");
	bool same_place = toolchain_is_of_place(unit), damaged = is_damaged(unit);
	int r;

	if (same_place && !damaged && fs_is_link_to(link, unit->copy) && toolchain_holds(unit))
		return 0;
	forget(unit);
	r = same_place && !damaged ? 0 : renew_work(unit);
	if (r < 0)
		return r;
	r = toolchain_write(unit);
	if (r < 0)
		return log_error_errno(r, "Cannot write to %s", unit->dir);
	return put_link(link, unit->copy);
}

/*
 * ccache knows an object's dependencies by the headers that were found. It would not notice a
 * new header that would be found first, so it gets a list of all headers.
 */
int unit_list_headers(const struct unit *unit)
{
	_cleanup_free_ char *path = unit_given(unit, "headers");
	_cleanup_free_ char *manifest = unit_file(unit, "manifest");
	_cleanup_(strbuf_release) struct strbuf list = STRBUF_INIT;
	struct inventory sources = { 0 };
	int r;

	inventory_read(&sources, manifest);
	for (size_t i = 0; i < sources.n; i++)
		if (around_is_header(sources.list[i].path))
			strbuf_addf(&list, "%s\n", sources.list[i].path);
	inventory_release(&sources);
	around_add_headers(unit, &list);
	r = fs_write_atomic(path, list.buf, list.len, 0600);
	return r < 0 ? log_error_errno(r, "Cannot write %s", path) : 0;
}

/* In one warning, with the first few by name. */
static void say_left_out(const struct unit *unit, char *const *left_out)
{
	_cleanup_(strbuf_release) struct strbuf names = STRBUF_INIT;
	size_t n = strv_length(left_out);

	for (size_t i = 0; i < n && i < NAMED_MAX; i++)
		strbuf_addf(&names, "%s%s", i ? ", " : "", left_out[i]);
	if (n > NAMED_MAX)
		strbuf_addf(&names, " and %zu more", n - NAMED_MAX);
	if (!n)
		return;
	log_warn("%s: left out what is outside its project, %s: %s", unit->shown, unit->project,
		 names.buf);
	log_hint(
		"A project is a git work tree, or the folder alone. If these belong to it, run git "
		"init in a folder that has all of them.");
}

/*
 * A patched file differs from its source. So if there are patches, everything is copied again
 * when anything changed, also if that was noticed earlier and nothing was built since.
 */
static int update_copy(const struct unit *unit, int work, bool *changed)
{
	_cleanup_free_ char *manifest = unit_file(unit, "manifest");
	_cleanup_free_ char *patched = unit_file(unit, "patched");
	_cleanup_free_ char *stamp = unit_file(unit, "stamp");
	_cleanup_strv_ char **left_out = NULL;
	struct mirror_size size = { 0 };
	const struct mirror mirror = { .from = unit->source.path,
				       .project = unit->project,
				       .left_out = &left_out,
				       .size = &size,
				       .root = work,
				       .to = unit_below_work(unit, unit->copy),
				       .manifest = manifest,
				       .stamp = stamp };
	const struct neighbours_of of = { .user = unit->source.path,
					  .project = unit->project,
					  .left_out = &left_out,
					  .size = &size,
					  .work = work,
					  .copy = mirror.to,
					  .dir = unit->dir,
					  .stamp = stamp };
	int r = mirror_update(&mirror, changed);

	if (r == 0 && fs_exists(patched) && !fs_exists(stamp)) {
		unlink(manifest);
		unlink(patched);
		size = (struct mirror_size){ 0 };
		r = mirror_update(&mirror, changed);
	}
	if (r == 0)
		r = neighbours_update(&of, *changed || !fs_exists(stamp), changed);
	say_left_out(unit, left_out);
	if (r == 0 && unit->source.kind == SOURCE_DKMS)
		r = put_dkms_links(unit, work);
	return r;
}

int unit_update_copy(const struct unit *unit, bool *changed)
{
	_cleanup_close_ int work = -1;
	int r = place_copy(unit);

	if (r < 0)
		return r;
	work = unit_open_work(unit);
	if (work < 0)
		return log_error_errno(work, "Cannot open %s", unit->work);
	r = update_copy(unit, work, changed);
	if (r == 0 && unit->link) /* it may lead to another folder with the same module */
		r = put_link(unit->link, unit->work);
	return r;
}

void unit_forget_copy(const struct unit *unit)
{
	_cleanup_free_ char *manifest = unit_file(unit, "manifest");
	struct neighbours neighbours = { 0 };

	unlink(manifest);
	neighbours_read(unit->dir, &neighbours);
	for (size_t i = 0; i < neighbours.n; i++) {
		_cleanup_free_ char *other = neighbours_manifest(&neighbours.list[i], unit->dir);

		unlink(other);
	}
	neighbours_release(&neighbours);
}
