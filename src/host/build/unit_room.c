// SPDX-License-Identifier: GPL-2.0-only
/* What a build in the container sees of this machine. */
#include "host/build/unit_internal.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "host/base/paths.h"
#include "host/container/buildenv.h"

#include <string.h>

/*
 * unit->link is in a folder of all units. The container sees one at the same place that has only
 * this link.
 */
static int put_link(const struct unit *unit, const char *links)
{
	_cleanup_free_ char *link = path_join(links, strrchr(unit->link, '/') + 1, NULL);
	int r = fs_mkdir_p(links, 0700);

	if (r == 0)
		r = fs_put_link(link, unit->work);
	return r < 0 ? log_error_errno(r, "Cannot create the link %s", link) : 0;
}

int unit_enter(const struct unit *unit)
{
	_cleanup_free_ char *given = unit_file(unit, "given"), *links = unit_given(unit, "at"),
			    *links_at = path_cache("build", "at", unit->tree->release, NULL);
	char *const reads[] = { given, unit->project, NULL };
	struct buildenv_room room = { .work = unit->work };
	int r;

	if (!unit->tree->in_container)
		return 0;
	if (unit->source.kind != SOURCE_KO) { /* that is only stripped */
		room.tree = unit->tree->build;
		room.reads = reads;
	}
	if (unit->link) {
		r = put_link(unit, links);
		if (r < 0)
			return r;
		room.links = links;
		room.links_at = links_at;
	}
	return buildenv_enter(unit->tree->env, &room);
}

int unit_run(const struct unit *unit, char *const *argv, const struct process_options *options)
{
	int r = unit_enter(unit);

	return r < 0 ? r : buildenv_run(unit->tree->env, unit->tree->in_container, argv, options);
}
