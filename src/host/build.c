// SPDX-License-Identifier: GPL-2.0-only
#include "host/build.h"

#include "common/fs.h"
#include "common/log.h"
#include "common/process.h"
#include "host/compdb.h"
#include "host/paths.h"
#include "host/place.h"
#include "host/tasks.h"

#include <errno.h>
#include <string.h>

static int check_cache_path(void)
{
	_cleanup_free_ char *path = path_cache("build", NULL);

	if (!strpbrk(path, " \t:'\"$#%"))
		return 0;
	log_error("The kernel's makefiles cannot build in %s: its name has a blank, colon or quote "
		  "in it.",
		  path);
	log_hint("Set XDG_CACHE_HOME to a folder whose name has none.");
	return -EINVAL;
}

static int find_sources(const struct build_request *request, struct source_list *sources)
{
	int r = check_cache_path();

	for (char *const *path = request->paths; r == 0 && path && *path; path++)
		r = sources_find(*path, sources);
	return r;
}

static int check_settings(const struct build_request *request)
{
	_cleanup_free_ char *sparse = path_program("sparse");

	if (!request->settings || !request->settings->sparse || sparse ||
	    request->tree->in_container)
		return 0;
	log_error("There is no sparse here, which --sparse has check the sources.");
	log_hint("As root: apt-get install sparse");
	return -ENOENT;
}

int build(const struct build_request *request, struct module_list *list)
{
	_cleanup_(source_list_release) struct source_list sources = { 0 };
	_cleanup_(tasks_release) struct tasks t = { 0 };
	int r = check_settings(request);

	if (r == 0)
		r = find_sources(request, &sources);

	if (r < 0)
		return r;
	r = place_enter(request->tree, &sources);
	if (r < 0)
		return r;
	tasks_prepare(&t, request, &sources);
	r = tasks_run(&t);
	place_leave();
	if (r == 0 && process_interrupted) /* no error of the sources */
		r = -EINTR;
	if (request->counts) {
		request->counts->compiled += t.counts.compiled;
		request->counts->cached += t.counts.cached;
		request->counts->warnings += t.counts.warnings;
	}
	for (size_t i = 0; i < t.n && r == 0; i++)
		module_list_take(list, &t.list[i].modules);
	return r < 0 ? r : module_list_order(list);
}

int build_neighbours(char *const *paths, const char *release, char ***files)
{
	_cleanup_(source_list_release) struct source_list sources = { 0 };
	int r = 0;

	for (char *const *path = paths; r == 0 && path && *path; path++)
		r = sources_find(*path, &sources);
	for (size_t i = 0; i < sources.n && r == 0; i++)
		unit_neighbours(sources.list[i].path, release, files);
	return r;
}

int build_compile_commands(char *const *paths, const char *release, const char *to)
{
	_cleanup_(source_list_release) struct source_list sources = { 0 };
	_cleanup_strv_ char **files = NULL;
	int r = 0;

	for (char *const *path = paths; r == 0 && path && *path; path++)
		r = sources_find(*path, &sources);
	if (r < 0)
		return r;
	for (size_t i = 0; i < sources.n; i++) {
		_cleanup_free_ char *dir = unit_dir(sources.list[i].path, release);
		_cleanup_free_ char *file = path_join(dir, "compile_commands.json", NULL);

		strv_add(&files, file);
	}
	r = compdb_merge(files, to);
	return r < 0 ? log_error_errno(r, "Cannot write %s", to) : 0;
}
