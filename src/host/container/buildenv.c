// SPDX-License-Identifier: GPL-2.0-only
#include "host/container/buildenv.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/strv.h"
#include "host/container/container.h"
#include "host/container/internal.h"
#include "host/base/paths.h"

#include <errno.h>
#include <string.h>

/* Folders of buildenv_expect(). */
static char **expected;

int buildenv_choose(const char *in)
{
	static const char *const known[] = { "container", "host", "auto" };
	struct container_settings *settings = container_settings();

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (strcmp(in, known[i]) != 0)
			continue;
		free(settings->in); /* it may be `in` */
		settings->in = xstrdup(known[i]);
		return 0;
	}
	log_error("It can be built in 'container' or 'host', not in '%s'.", in);
	return -EINVAL;
}

static bool is_in(const char *in)
{
	const char *set = container_settings()->in;

	return strcmp(set ? set : "auto", in) == 0;
}

bool buildenv_must_be_container(void)
{
	return is_in("container");
}

bool buildenv_wants_container(void)
{
	return buildenv_must_be_container() || (!is_in("host") && container_is_there());
}

/* --- what must be reachable ---------------------------------------------------------- */

/* Up to two folders up are reached by "../": see neighbours.h. But not all of a machine's /home. */
static char *two_up(const char *path)
{
	_cleanup_free_ char *dir = xstrdup(path);

	for (int i = 0; i < 2; i++) {
		char *slash = strrchr(dir, '/');

		if (slash == dir || strchr(dir + 1, '/') == slash)
			break;
		*slash = '\0';
	}
	return TAKE_PTR(dir);
}

char *buildenv_project(const char *path)
{
	_cleanup_free_ char *dir = two_up(path), *up = xstrdup(path);

	for (char *slash; (slash = strrchr(up, '/')) && slash != up; *slash = '\0') {
		_cleanup_free_ char *git = path_join(up, ".git", NULL);

		if (fs_exists(git))
			return strlen(up) < strlen(dir) ? TAKE_PTR(up) : TAKE_PTR(dir);
	}
	return TAKE_PTR(dir);
}

static void add_projects(char ***folders, char *const *sources)
{
	strv_foreach (source, sources) {
		_cleanup_free_ char *project = buildenv_project(*source);

		container_add_folder(folders, project);
	}
}

void buildenv_expect(char *const *sources)
{
	strv_free(TAKE_PTR(expected));
	add_projects(&expected, sources);
}

/* Headers packages and trees that were built elsewhere than their sources (O=) are made of links.
 */
static void add_links(char ***folders, const char *build)
{
	_cleanup_strv_ char **names = NULL;

	fs_list(build, &names);
	strv_foreach (name, names) {
		_cleanup_free_ char *path = path_join(build, *name, NULL);
		_cleanup_free_ char *real = realpath(path, NULL);

		if (real && fs_is_dir(real))
			container_add_folder(folders, real);
	}
}

/* A user's own tree; ours are always there. */
static void add_tree(char ***folders, const char *build)
{
	_cleanup_free_ char *trees = path_cache("trees", NULL);
	_cleanup_free_ char *real = realpath(build, NULL), *all = NULL;
	size_t n = strlen(trees);

	if (!real || (strncmp(build, trees, n) == 0 && build[n] == '/'))
		return;
	all = two_up(real); /* the headers of a kernel are several folders that name each other */
	container_add_folder(folders, all);
	add_links(folders, real);
}

bool buildenv_works(void)
{
	int r;

	if (buildenv_must_be_container())
		return true; /* who needs it finds out, and fails */
	r = container_enter(expected);
	if (r == 0)
		container_leave();
	if (r == 0 || r == -EINTR)
		return true;
	log_warn("Building on this machine instead.");
	buildenv_choose("host");
	return false;
}

int buildenv_enter(const char *build, char *const *sources)
{
	_cleanup_strv_ char **folders = NULL;

	add_tree(&folders, build);
	add_projects(&folders, sources);
	return container_enter(folders);
}

void buildenv_leave(void)
{
	container_leave();
}

int buildenv_run(bool in_container, char *const *argv, const struct process_options *options)
{
	return in_container ? container_run(argv, options) : process_run(argv, options);
}
