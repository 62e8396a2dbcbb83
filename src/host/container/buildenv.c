// SPDX-License-Identifier: GPL-2.0-only
#include "host/container/buildenv.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/strv.h"
#include "host/container/container.h"
#include "host/container/internal.h"
#include "host/base/config.h"
#include "host/base/paths.h"
#include "host/base/project.h"

#include <errno.h>
#include <string.h>

struct buildenv_settings {
	char *in; /* build.in: "container", "host" or "auto" */
};

static const struct option_row rows[] = {
	OPTION_STRING(struct buildenv_settings, in, 0, "build.in", "PLACE", "build.in", ""),
	OPTION_END,
};

struct buildenv {
	const struct config *config;
	struct buildenv_settings settings;
	struct container *container;
};

int buildenv_new(const struct config *config, struct buildenv **env)
{
	_cleanup_(buildenv_freep) struct buildenv *e = xcalloc(1, sizeof(*e));
	int r = container_new(config, &e->container);

	e->config = config;
	e->settings.in = xstrdup("auto");
	if (r == 0)
		r = config_apply(config, rows, &e->settings);
	if (r == 0)
		r = buildenv_choose(e, e->settings.in);
	if (r == 0)
		*env = TAKE_PTR(e);
	return r;
}

void buildenv_free(struct buildenv *env)
{
	if (env->container)
		container_free(env->container);
	options_release(rows, &env->settings);
	free(env);
}

const struct config *buildenv_config(const struct buildenv *env)
{
	return env ? env->config : NULL;
}

struct container *buildenv_container(const struct buildenv *env)
{
	return env ? env->container : NULL;
}

int buildenv_choose(struct buildenv *env, const char *in)
{
	static const char *const known[] = { "container", "host", "auto" };

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (strcmp(in, known[i]) != 0)
			continue;
		free(env->settings.in); /* it may be `in` */
		env->settings.in = xstrdup(known[i]);
		return 0;
	}
	log_error("Cannot build in '%s': choose 'container' or 'host'", in);
	return -EINVAL;
}

static bool is_in(const struct buildenv *env, const char *in)
{
	return strcmp(env ? env->settings.in : "host", in) == 0;
}

bool buildenv_must_be_container(const struct buildenv *env)
{
	return is_in(env, "container");
}

bool buildenv_wants_container(const struct buildenv *env)
{
	return buildenv_must_be_container(env) ||
	       (!is_in(env, "host") && container_is_there(env->container));
}

bool buildenv_has_container(const struct buildenv *env)
{
	return env && container_is_there(env->container);
}

bool buildenv_container_has(const struct buildenv *env, const char *program)
{
	return env && container_has_program(env->container, program);
}

/* --- folders that must be reachable ---------------------------------------------------- */

/* A kernel's headers are several folders that refer to each other. */
static char *two_up(const char *path)
{
	_cleanup_free_ char *dir = xstrdup(path);

	for (int i = 0; i < 2; i++) {
		char *slash = strrchr(dir, '/');

		*slash = '\0';
		if (slash == dir || !strchr(dir + 1, '/') || project_is_too_wide(dir)) {
			*slash = '/';
			break;
		}
	}
	return TAKE_PTR(dir);
}

/* Headers packages, and trees built outside their sources (O=), consist of links. */
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

/* A tree built outside of its sources (O=) has "include /path/of/the/sources/Makefile". */
static void add_sources(char ***folders, const char *build)
{
	static const char word[] = "include /";
	_cleanup_free_ char *path = path_join(build, "Makefile", NULL);
	_cleanup_(strbuf_release) struct strbuf makefile = STRBUF_INIT;

	if (fs_read(path, &makefile, 1 << 20) < 0)
		return;
	for (char *p = makefile.buf, *line; (line = strsep(&p, "\n"));) {
		char *slash = strrchr(line, '/');
		_cleanup_free_ char *real = NULL;

		if (strncmp(line, word, strlen(word)) != 0 || strcmp(slash, "/Makefile") != 0)
			continue;
		*slash = '\0';
		real = realpath(line + strlen("include "), NULL);
		if (real && !project_is_too_wide(real))
			container_add_folder(folders, real);
	}
}

/* /usr, or where packages with headers were unpacked: their folders are below usr/src and usr/lib. */
static bool is_package(const char *real)
{
	const char *slash = strrchr(real, '/');
	size_t n = strlen("/usr/src");

	return strncmp(real, "/usr/", 5) == 0 ||
	       ((size_t)(slash - real) >= n && strncmp(slash - n, "/usr/src", n) == 0);
}

/* Ours is one folder. Of others, what the tree names: beside it may be anything of the user's. */
static void add_tree(char ***folders, const char *build)
{
	_cleanup_free_ char *trees = path_cache("trees", NULL), *real = realpath(build, NULL);
	_cleanup_free_ char *all = NULL;
	size_t n = strlen(trees);

	if (strncmp(build, trees, n) == 0 && build[n] == '/') {
		all = xstrndup(build, n + 1 + strcspn(build + n + 1, "/"));
	} else if (real) {
		all = is_package(real) ? two_up(real) : xstrdup(real);
		add_links(folders, real);
		add_sources(folders, real);
	}
	if (all)
		container_add_folder(folders, all);
}

int buildenv_check(struct buildenv *env)
{
	return container_works(env->container);
}

bool buildenv_works(struct buildenv *env)
{
	int r;

	if (buildenv_must_be_container(env))
		return true; /* a later buildenv_check() fails and logs it */
	r = buildenv_check(env);
	if (r == 0 || r == -EINTR)
		return true;
	log_warn("Building on this machine instead");
	buildenv_choose(env, "host");
	return false;
}

int buildenv_enter(struct buildenv *env, const struct buildenv_room *room)
{
	_cleanup_strv_ char **reads = NULL;
	struct container_room all = { .work = room->work,
				      .links = room->links,
				      .links_at = room->links_at };

	if (room->tree)
		add_tree(&reads, room->tree);
	strv_foreach (folder, room->reads)
		container_add_folder(&reads, *folder);
	all.reads = reads;
	return container_enter(env->container, &all);
}

void buildenv_leave(struct buildenv *env)
{
	if (env)
		container_leave(env->container);
}

char *buildenv_image(const struct buildenv *env)
{
	_cleanup_(container_image_release) struct container_image image = { 0 };
	const char *entered = env ? container_entered_image(env->container) : NULL;

	if (entered)
		return xstrdup(entered);
	return container_image_read(&image) == 0 ? TAKE_PTR(image.id) : NULL;
}

bool buildenv_passes(const struct buildenv *env, bool in_container, const char *entry)
{
	return !in_container || container_passes(env->container, entry);
}

int buildenv_run(struct buildenv *env, bool in_container, char *const *argv,
		 const struct process_options *options)
{
	return in_container ? container_run(env->container, argv, options)
			    : process_run(argv, options);
}
