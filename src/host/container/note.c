// SPDX-License-Identifier: GPL-2.0-only
/* The note of the image. Builds read it instead of asking an engine. */
#include "host/container/internal.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "common/strv.h"
#include "host/base/paths.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

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

bool container_is_there(struct container *container)
{
	_cleanup_free_ char *engine = NULL;

	if (!container->known_is_read && container_image_read(&container->known) == 0)
		engine = path_program(container->known.engine);
	container->known_is_there |= engine != NULL;
	container->known_is_read = true;
	return container->known_is_there;
}

bool container_has_program(struct container *container, const char *program)
{
	return container_is_there(container) && strv_contains(container->known.programs, program);
}

int container_image_forget(void)
{
	_cleanup_free_ char *path = note_path();

	if (unlink(path) < 0 && errno != ENOENT)
		return log_error_errno(-errno, "Cannot remove %s", path);
	return 0;
}
