// SPDX-License-Identifier: GPL-2.0-only
/* The image: making it, the note of what was made, removing it. */
#include "host/container_internal.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "host/doctor.h"
#include "host/kernel_internal.h"
#include "host/paths.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define REGISTRY_BASE "debian:trixie"
#define PULL_MS       (5 * 60 * 1000)

/* --- the note ----------------------------------------------------------------------- */

static char *note_path(void)
{
	return path_cache("container", "image", NULL);
}

static void take_line(struct container_image *image, const char *key, const char *value)
{
	char **fields[] = { &image->engine, &image->id, &image->base };
	static const char *const keys[] = { "engine", "image", "base" };

	if (strcmp(key, "program") == 0)
		strv_add(&image->programs, value);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (strcmp(key, keys[i]) != 0)
			continue;
		free(*fields[i]);
		*fields[i] = xstrdup(value);
	}
}

int container_image_read(struct container_image *image)
{
	_cleanup_free_ char *path = note_path();
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	char *rest;

	*image = (struct container_image){ 0 };
	if (fs_read(path, &text, 1 << 20) < 0)
		return -ENOENT;
	rest = text.buf;
	for (char *line; (line = strsep(&rest, "\n"));) {
		char *blank = strchr(line, ' ');

		if (!blank)
			continue;
		*blank = '\0';
		take_line(image, line, blank + 1);
	}
	if (image->engine && image->id && image->programs)
		return 0;
	container_image_release(image);
	return -EBADMSG;
}

int container_image_write(const struct container_image *image)
{
	_cleanup_free_ char *path = note_path(), *dir = path_cache("container", NULL);
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r = fs_mkdir_p(dir, 0755);

	strbuf_addf(&text, "engine %s\nimage %s\nbase %s\n", image->engine, image->id,
		    image->base ? image->base : "");
	strv_foreach (program, image->programs)
		strbuf_addf(&text, "program %s\n", *program);
	if (r == 0)
		r = fs_write_atomic(path, text.buf, text.len, 0644);
	return r < 0 ? log_error_errno(r, "Cannot write %s", path) : 0;
}

void container_image_release(struct container_image *image)
{
	free(image->engine);
	free(image->id);
	free(image->base);
	strv_free(image->programs);
	*image = (struct container_image){ 0 };
}

/* Read once: it is asked for every kernel tree. */
static const struct container_image *known_image(void)
{
	static struct container_image image;
	static bool is_read, is_good;

	if (!is_read) {
		_cleanup_free_ char *engine = NULL;

		is_good = container_image_read(&image) == 0 &&
			  doctor_find_tool(image.engine, &engine);
		is_read = true;
	}
	return is_good ? &image : NULL;
}

bool container_is_there(void)
{
	return known_image() != NULL;
}

bool container_has_program(const char *program)
{
	const struct container_image *image = known_image();

	return image && strv_contains(image->programs, program);
}

/* --- making it ------------------------------------------------------------------------ */

/* The base that is said to have been made here before, for as long as the engine has it. */
static bool has_image(const char *engine, const char *name)
{
	_cleanup_(strbuf_release) struct strbuf said = STRBUF_INIT;

	return process_run(ARGV(engine, "image", "inspect", name),
			   &(struct process_options){
				   .output = &said, .error = &said, .timeout_ms = 60000 }) == 0;
}

/* Registries are asked first: their image is the one that others have. */
static int find_base(const char *engine, const struct container_build *request, char **base)
{
	_cleanup_free_ char *own = xasprintf("%s-base", container_settings()->image);
	_cleanup_(strbuf_release) struct strbuf said = STRBUF_INIT;
	int r = -1;

	if (!request->offline && (request->fresh || !has_image(engine, own))) {
		log_info("Fetching %s", REGISTRY_BASE);
		r = process_run(ARGV(engine, "pull", REGISTRY_BASE),
				&(struct process_options){
					.output = &said, .error = &said, .timeout_ms = PULL_MS });
		if (r == -EINTR)
			return r;
		log_debug("%s", said.buf);
	}
	*base = xstrdup(r == 0 ? REGISTRY_BASE : own);
	if (r == 0 || (!request->fresh && has_image(engine, own)))
		return 0;
	if (!request->offline)
		log_info("No registry gives it to us.");
	return container_make_base(engine, own);
}

static char *containerfile(void)
{
	_cleanup_free_ char *tree = path_source_tree();

	return tree ? path_join(tree, "container/Containerfile", NULL)
		    : path_own_file("container/Containerfile");
}

static int make_image(const struct container_image *image, const struct container_build *request)
{
	_cleanup_free_ char *file = containerfile(), *dir = NULL;
	_cleanup_free_ char *base = xasprintf("BASE=%s", image->base);
	_cleanup_free_ char *compilers =
		xasprintf("COMPILERS=%s", request->compilers ? request->compilers : "");
	_cleanup_strv_ char **argv = NULL;

	if (!file || !fs_exists(file)) {
		log_error("container/Containerfile is not where this program is.");
		return -ENOENT;
	}
	dir = xstrndup(file, (size_t)(strrchr(file, '/') - file));
	strv_add(&argv, image->engine);
	strv_add(&argv, "build");
	strv_add(&argv, "--build-arg");
	strv_add(&argv, base);
	if (request->compilers) {
		strv_add(&argv, "--build-arg");
		strv_add(&argv, compilers);
	}
	if (request->fresh)
		strv_add(&argv, "--no-cache");
	container_add_words(&argv, container_settings()->build_args);
	strv_add(&argv, "--tag");
	strv_add(&argv, container_settings()->image);
	strv_add(&argv, "--file");
	strv_add(&argv, file);
	strv_add(&argv, dir);
	log_info("Building the image %s", container_settings()->image);
	return container_engine(argv, NULL, "build the image");
}

static int ask_id(struct container_image *image)
{
	_cleanup_(strbuf_release) struct strbuf id = STRBUF_INIT;
	int r = container_engine(ARGV(image->engine, "image", "inspect", "--format", "{{.Id}}",
				      container_settings()->image),
				 &id, "find the image it has built");

	if (r < 0)
		return r;
	id.buf[strcspn(id.buf, "\n")] = '\0';
	image->id = xstrdup(id.buf);
	return 0;
}

/* Which compilers and tools there are is asked of a container that runs, so this proves it too. */
static int ask_programs(struct container_image *image)
{
	_cleanup_free_ char *ask =
		xasprintf("cd /usr/bin && ls -d %sgcc-[0-9]* ccache sparse clang 2>/dev/null",
			  kernel_cross_prefix());
	_cleanup_(strbuf_release) struct strbuf out = STRBUF_INIT;
	char *rest;
	int r = container_run(ARGV("sh", "-c", ask), &(struct process_options){ .output = &out });

	if (r < 0)
		return r == -EINTR ? r : log_error_errno(r, "Cannot run anything in the container");
	if (out.len == 0) {
		log_error("There is no compiler in the image.");
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

static int make_and_note(struct container_image *image, const struct container_build *request)
{
	int r = find_base(image->engine, request, &image->base);

	if (r == 0)
		r = make_image(image, request);
	if (r == 0)
		r = ask_id(image);
	if (r < 0)
		return r;
	strv_add(&image->programs, "none"); /* that is not known yet */
	r = container_image_write(image);
	if (r == 0)
		r = ask_programs(image);
	return r < 0 ? r : container_image_write(image);
}

/* One in which nothing runs is not to be built in. */
static void restore_note(const struct container_image *old)
{
	_cleanup_free_ char *path = note_path();

	if (old->id)
		(void)container_image_write(old);
	else
		unlink(path);
}

int container_build(const struct container_build *request)
{
	_cleanup_(container_image_release) struct container_image image = { 0 }, old = { 0 };
	int r = container_find_engine(&image.engine);

	if (r < 0)
		return r;
	(void)container_image_read(&old);
	r = make_and_note(&image, request);
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

int container_remove(void)
{
	_cleanup_(container_image_release) struct container_image image = { 0 };
	_cleanup_free_ char *path = note_path();
	_cleanup_free_ char *own = xasprintf("%s-base", container_settings()->image);
	int r = container_image_read(&image);

	if (r < 0) {
		log_info("There is no build container.");
		return 0;
	}
	r = container_stop();
	if (r < 0)
		return r;
	remove_image(image.engine, container_settings()->image);
	if (image.base && strcmp(image.base, own) == 0)
		remove_image(image.engine, own);
	if (unlink(path) < 0 && errno != ENOENT)
		return log_error_errno(-errno, "Cannot remove %s", path);
	return 0;
}
