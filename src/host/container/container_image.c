// SPDX-License-Identifier: GPL-2.0-only
/* Makes and removes the image. */
#include "host/container/internal.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "common/strv.h"
#include "host/base/cross.h"
#include "host/base/paths.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define REGISTRY_BASE "debian:trixie"
#define PULL_MS       (5 * 60 * 1000)
#define ASK_MS        (60 * 1000)

/* The name of the base image that is made here if no registry has one. */
static char *own_base(const struct container *container)
{
	return xasprintf("%s-base", container->settings.image);
}

/* Does the engine have the image? */
static bool has_image(const char *engine, const char *name)
{
	_cleanup_(strbuf_release) struct strbuf said = STRBUF_INIT;

	return process_run(ARGV(engine, "image", "inspect", name),
			   &(struct process_options){
				   .output = &said, .error = &said, .timeout_ms = ASK_MS }) == 0;
}

/* Registries come first: their image is the same for everybody. */
static int find_base(const struct container *container, const char *engine,
		     const struct container_build *request, char **base)
{
	const char *from = container->settings.base ? container->settings.base : REGISTRY_BASE;
	_cleanup_free_ char *own = own_base(container);
	_cleanup_(strbuf_release) struct strbuf said = STRBUF_INIT;
	int r = -1;

	if (!request->offline && (request->fresh || !has_image(engine, own))) {
		log_info("Fetching %s", from);
		r = process_run(ARGV(engine, "pull", from),
				&(struct process_options){
					.output = &said, .error = &said, .timeout_ms = PULL_MS });
		if (r == -EINTR)
			return r;
		log_debug("%s", said.buf);
	}
	*base = xstrdup(r == 0 ? from : own);
	if (r == 0 || (!request->fresh && has_image(engine, own)))
		return 0;
	if (!request->offline)
		log_info("Base image not available from a registry");
	return container_make_base(engine, own);
}

static char *containerfile(void)
{
	_cleanup_free_ char *tree = path_source_tree();

	return tree ? path_join(tree, "container/Containerfile", NULL)
		    : path_own_file("container/Containerfile");
}

/* The Containerfile has defaults for values that are NULL. */
static void add_build_arg(char ***argv, const char *name, const char *value)
{
	_cleanup_free_ char *word = value ? xasprintf("%s=%s", name, value) : NULL;

	if (!word)
		return;
	strv_add(argv, "--build-arg");
	strv_add(argv, word);
}

static int make_image(const struct container *container, const struct container_image *image,
		      const struct container_build *request)
{
	_cleanup_free_ char *file = containerfile(), *dir = NULL;
	_cleanup_strv_ char **argv = NULL;

	if (!file || !fs_exists(file)) {
		log_error("container/Containerfile is missing next to this program");
		return -ENOENT;
	}
	dir = xstrndup(file, (size_t)(strrchr(file, '/') - file));
	strv_add(&argv, image->engine);
	strv_add(&argv, "build");
	add_build_arg(&argv, "BASE", image->base);
	add_build_arg(&argv, "COMPILERS", request->compilers);
	add_build_arg(&argv, "EXTRA", request->packages);
	if (request->fresh)
		strv_add(&argv, "--no-cache");
	container_add_words(&argv, container->settings.build_args);
	strv_add(&argv, "--tag");
	strv_add(&argv, container->settings.image);
	strv_add(&argv, "--file");
	strv_add(&argv, file);
	strv_add(&argv, dir);
	log_info("Building the image %s", container->settings.image);
	return container_engine(argv, NULL, 0, "build the image");
}

static int ask_id(const struct container *container, struct container_image *image)
{
	_cleanup_(strbuf_release) struct strbuf id = STRBUF_INIT;
	int r = container_engine(ARGV(image->engine, "image", "inspect", "--format", "{{.Id}}",
				      container->settings.image),
				 &id, ASK_MS, "find the image that it built");

	if (r < 0)
		return r;
	id.buf[strcspn(id.buf, "\n")] = '\0';
	image->id = xstrdup(id.buf);
	return 0;
}

/*
 * Asks a running container for its compilers and tools, which also proves that commands run in
 * it.
 */
static int ask_programs(struct container *container, struct container_image *image)
{
	static const char ask[] =
		"cd /usr/bin && ls -d " CROSS_PREFIX "gcc-[0-9]* ccache sparse clang 2>/dev/null";
	_cleanup_(strbuf_release) struct strbuf out = STRBUF_INIT;
	char *rest;
	int r = container_run(container, ARGV("sh", "-c", ask),
			      &(struct process_options){ .output = &out });

	if (r < 0)
		return r == -EINTR ? r : log_error_errno(r, "Cannot run commands in the container");
	if (out.len == 0) {
		log_error("The image has no compiler");
		return -ENOPKG;
	}
	strv_free(image->programs);
	image->programs = NULL;
	rest = out.buf;
	for (char *line; (line = strsep(&rest, "\n"));)
		if (*line)
			strv_add(&image->programs, line);
	return 0;
}

static int make_and_note(struct container *container, struct container_image *image,
			 const struct container_build *request)
{
	int r = find_base(container, image->engine, request, &image->base);

	if (r == 0)
		r = make_image(container, image, request);
	if (r == 0)
		r = ask_id(container, image);
	if (r < 0)
		return r;
	strv_add(&image->programs, "none"); /* not known yet */
	r = container_image_write(image);
	if (r == 0)
		r = ask_programs(container, image);
	return r < 0 ? r : container_image_write(image);
}

/* Restores the previous note: an image in which nothing runs must not be used. */
static void restore_note(const struct container_image *old)
{
	if (old->id)
		(void)container_image_write(old);
	else
		(void)container_image_forget();
}

int container_build(struct container *container, const struct container_build *request)
{
	_cleanup_(container_image_release) struct container_image image = { 0 }, old = { 0 };
	int r = container_find_engine(container, &image.engine);

	if (r < 0)
		return r;
	(void)container_image_read(&old);
	r = make_and_note(container, &image, request);
	if (r < 0)
		restore_note(&old);
	return r;
}

static void remove_image(const char *engine, const char *name)
{
	_cleanup_(strbuf_release) struct strbuf said = STRBUF_INIT;

	if (process_run(ARGV(engine, "image", "rm", name),
			&(struct process_options){
				.output = &said, .error = &said, .timeout_ms = 120000 }) != 0)
		log_debug("%s", said.buf);
}

int container_remove(struct container *container)
{
	_cleanup_(container_image_release) struct container_image image = { 0 };
	_cleanup_free_ char *own = own_base(container);
	int r = container_image_read(&image);

	if (r < 0) {
		log_info("There is no build container");
		return 0;
	}
	r = container_stop(container);
	if (r < 0)
		return r;
	remove_image(image.engine, container->settings.image);
	if (image.base && strcmp(image.base, own) == 0)
		remove_image(image.engine, own);
	return container_image_forget();
}
