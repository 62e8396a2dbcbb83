// SPDX-License-Identifier: GPL-2.0-only
/* The copy of a unit's sources, in which it is built. */
#include "host/build/unit_internal.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/log.h"
#include "host/build/inventory.h"
#include "host/build/mirror.h"
#include "host/build/neighbours.h"
#include "host/base/paths.h"
#include "host/build/toolchain.h"

#include <errno.h>
#include <fnmatch.h>
#include <string.h>
#include <unistd.h>

static int put_link(const char *path, const char *target)
{
	_cleanup_free_ char *dir = xstrndup(path, (size_t)(strrchr(path, '/') - path));
	int r = fs_mkdir_p(dir, 0700);

	if (r == 0)
		r = fs_put_link(path, target);
	return r < 0 ? log_error_errno(r, "Cannot make the link %s", path) : 0;
}

/* The folders that dkms has under $dkms_tree and $source_tree; dkms.conf may refer to them. */
static int put_dkms_links(const struct unit *unit)
{
	_cleanup_free_ char *source =
		path_join(unit->dkms_tree, unit->conf.name, unit->conf.version, "source", NULL);
	_cleanup_free_ char *name = xasprintf("%s-%s", unit->conf.name, unit->conf.version);
	_cleanup_free_ char *in_source_tree = path_join(unit->dkms_tree, "source", name, NULL);
	int r = put_link(source, unit->copy);

	return r < 0 ? r : put_link(in_source_tree, unit->copy);
}

/*
 * Starts from scratch if the copy has moved (for example because of a new version in its
 * dkms.conf), or was built with other tools.
 */
static int place_copy(const struct unit *unit)
{
	_cleanup_free_ char *link = unit_file(unit, "copy");
	_cleanup_free_ char *manifest = unit_file(unit, "manifest");
	_cleanup_free_ char *patched = unit_file(unit, "patched");
	int r;

	if (fs_is_link_to(link, unit->copy) && toolchain_holds(unit))
		return 0;
	unlink(link);
	unlink(manifest);
	unlink(patched);
	r = toolchain_write(unit);
	if (r < 0)
		return log_error_errno(r, "Cannot write to %s", unit->dir);
	return put_link(link, unit->copy);
}

/*
 * ccache knows an object's dependencies by the headers that were found. It would not notice a
 * new header that would be found first, so it gets a list of all headers.
 */
static int list_headers(const struct unit *unit, const char *manifest)
{
	static const char *const patterns[] = { "*.h", "*.inc", "*.def" };
	_cleanup_free_ char *path = unit_file(unit, UNIT_HEADERS);
	_cleanup_(strbuf_release) struct strbuf list = STRBUF_INIT;
	struct inventory sources = { 0 };
	int r;

	inventory_read(&sources, manifest);
	for (size_t i = 0; i < sources.n; i++)
		for (size_t k = 0; k < ARRAY_SIZE(patterns); k++)
			if (fnmatch(patterns[k], sources.list[i].path, 0) == 0)
				strbuf_addf(&list, "%s\n", sources.list[i].path);
	inventory_release(&sources);
	r = fs_write_atomic(path, list.buf ? list.buf : "", list.len, 0600);
	return r < 0 ? log_error_errno(r, "Cannot write %s", path) : 0;
}

/*
 * A patched file differs from its source. So if there are patches, everything is copied again
 * when anything changed, also if that was noticed earlier and nothing was built since.
 */
int unit_update_copy(const struct unit *unit, bool *changed)
{
	_cleanup_free_ char *manifest = unit_file(unit, "manifest");
	_cleanup_free_ char *patched = unit_file(unit, "patched");
	_cleanup_free_ char *stamp = unit_file(unit, "stamp");
	int r = place_copy(unit);

	if (r == 0)
		r = mirror_update(unit->source.path, unit->copy, manifest, stamp, changed);
	if (r == 0 && fs_exists(patched) && !fs_exists(stamp)) {
		unlink(manifest);
		unlink(patched);
		r = mirror_update(unit->source.path, unit->copy, manifest, stamp, changed);
	}
	if (r == 0)
		r = neighbours_update(unit->source.path, unit->copy, stamp,
				      *changed || !fs_exists(stamp), changed);
	if (r == 0 && (*changed || !fs_exists(stamp)))
		r = list_headers(unit, manifest);
	if (r == 0 && unit->source.kind == SOURCE_DKMS)
		r = put_dkms_links(unit);
	if (r == 0 && unit->link) /* it may lead to another folder with the same module */
		r = put_link(unit->link, unit->dir);
	return r;
}

void unit_forget_copy(const struct unit *unit)
{
	_cleanup_free_ char *manifest = unit_file(unit, "manifest");

	unlink(manifest);
}
