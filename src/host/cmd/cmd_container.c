// SPDX-License-Identifier: GPL-2.0-only
#include "common/cleanup.h"
#include "common/log.h"
#include "common/strv.h"
#include "host/base/json_make.h"
#include "host/base/progress.h"
#include "host/cmd/command.h"
#include "host/container/buildenv.h"
#include "host/container/container.h"
#include "host/report/out.h"

#include <string.h>

struct container_options {
	char *compilers;
	char *packages;
	bool offline;
	bool fresh;
};

static const struct option_row options[] = {
	OPTION_STRING(
		struct container_options, compilers, 0, "compilers", "MAJORS",
		"container.compilers",
		"build: versions of gcc to install, such as \"14 12\" (default: 14, 13 and 12)"),
	OPTION_STRING(
		struct container_options, packages, 0, "packages", "NAMES", "container.packages",
		"build: more Debian packages to install, such as \"clang\" for build --clang"),
	OPTION_FLAG(struct container_options, offline, 0, "offline", NULL,
		    "build: do not use a registry, make the base image from Debian packages"),
	OPTION_FLAG(struct container_options, fresh, 0, "fresh", NULL,
		    "build: rebuild everything from scratch"),
	OPTION_END,
};

static json_t *strings_json(char *const *strings)
{
	json_t *array = json_array();

	strv_foreach (s, strings)
		json_array_append_new(array, text_json(*s));
	return array;
}

static json_t *containers_json(const struct container_states *states)
{
	json_t *array = json_array();

	for (size_t i = 0; i < states->n; i++)
		json_array_append_new(array,
				      object_json("{s:s, s:s?, s:o}", "name", states->list[i].name,
						  "writes", states->list[i].writes, "reads",
						  strings_json(states->list[i].reads)));
	return array;
}

static int status_json(const struct container_image *image, const struct container_states *states)
{
	return out_json(object_json("{s:s, s:b, s:s?, s:s?, s:s?, s:o, s:b, s:o}", "schema",
				    "outpost.container/2", "built", image->id != NULL, "engine",
				    image->engine, "image", image->id, "base", image->base,
				    "programs", strings_json(image->programs), "running",
				    states->n > 0, "containers", containers_json(states)));
}

static void print_strings(const char *label, char *const *strings)
{
	out_print("%-10s", label);
	strv_foreach (s, strings)
		out_print(" %s", *s);
	putchar('\n');
}

/* One line for each container: a build may have started many. */
static void print_containers(const struct container_states *states)
{
	if (!states->n)
		out_print("%-10s not running\n", "container");
	for (size_t i = 0; i < states->n; i++)
		out_print("%-10s %s, running%s%s\n", "container", states->list[i].name,
			  states->list[i].writes ? ", writes " : "",
			  states->list[i].writes ? states->list[i].writes : "");
}

static int status(const struct context *ctx)
{
	_cleanup_(container_image_release) struct container_image image = { 0 };
	_cleanup_(container_states_release) struct container_states states = { 0 };
	int r = container_image_read(&image);

	container_list(buildenv_container(ctx->buildenv), &states);
	if (ctx->json)
		return status_json(&image, &states);
	if (r < 0) {
		log_info("No build container yet. Run outpost container build to create one.");
		return STATUS_OK;
	}
	out_print("%-10s %s\n", "engine", image.engine);
	out_print("%-10s %.19s, from %s\n", "image", image.id, image.base ? image.base : "");
	print_strings("programs", image.programs);
	print_containers(&states);
	return STATUS_OK;
}

static int build_image(const struct context *ctx, const struct container_options *o)
{
	const struct container_build request = { .compilers = o->compilers,
						 .packages = o->packages,
						 .offline = o->offline,
						 .fresh = o->fresh };
	int r;

	progress_start();
	progress_step("building the container's image");
	r = container_build(buildenv_container(ctx->buildenv), &request);
	progress_end();
	return r < 0 ? r : status(ctx);
}

static int run(struct context *ctx, void *arg, int argc, char **argv)
{
	(void)argc;
	if (strcmp(argv[0], "build") == 0)
		return build_image(ctx, arg);
	if (strcmp(argv[0], "status") == 0)
		return status(ctx);
	if (strcmp(argv[0], "stop") == 0)
		return container_stop(buildenv_container(ctx->buildenv));
	return container_remove(buildenv_container(ctx->buildenv));
}

static const struct command_verb verbs[] = {
	{ "build", "", 0, 0, "compilers packages offline fresh" },
	{ "status", "", 0, 0 },
	{ "stop", "", 0, 0 },
	{ "remove", "", 0, 0, .no_json = true },
	{ NULL },
};

const struct command cmd_container = {
	.name = "container",
	.args = "build|status|stop|remove",
	.summary = "Manage the build container",
	.help = "build    build the image with podman or docker, from container/Containerfile.\n"
		"         Without a registry, mmdebstrap makes the base image from Debian\n"
		"         packages. From then on, modules are built in the container; see build.in\n"
		"         and --in of outpost build\n"
		"status   print the engine, the image, and the containers that run: one for each\n"
		"         module folder that was built in the last half hour\n"
		"stop     stop these containers; the next build starts its own again\n"
		"remove   stop the containers, and remove the image\n"
		"\n"
		"Configuration keys: container.engine (podman or docker), container.image,\n"
		"container.base (the image to get from a registry), container.run_args and\n"
		"container.build_args (more arguments for the engine), container.env (more\n"
		"variables that builds see), build.in.\n",
	.options = options,
	.options_size = sizeof(struct container_options),
	.has_json = true,
	.no_board = true,
	.verbs = verbs,
	.run = run,
};
