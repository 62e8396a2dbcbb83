// SPDX-License-Identifier: GPL-2.0-only
#include "host/kernel/internal.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "host/base/hash.h"
#include "host/base/paths.h"

#include <errno.h>
#include <ini.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *key;
	size_t offset;
	bool optional;
} fields[] = {
	{ "release", offsetof(struct kernel_manifest, release) },
	{ "source", offsetof(struct kernel_manifest, source) },
	{ "build", offsetof(struct kernel_manifest, build) },
	{ "compiler", offsetof(struct kernel_manifest, compiler) },
	{ "symvers", offsetof(struct kernel_manifest, symvers), true },
	{ "content", offsetof(struct kernel_manifest, content), true },
};

static char **field_of(const struct kernel_manifest *manifest, size_t i)
{
	return (char **)((char *)manifest + fields[i].offset);
}

/* An unknown key comes from a later version and is no reason to stop. */
static int take_value(void *arg, const char *section, const char *name, const char *value)
{
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		char **field = field_of(arg, i);

		if (strcmp(section, "tree") != 0 || strcmp(name, fields[i].key) != 0)
			continue;
		free(*field);
		*field = xstrdup(value);
	}
	return 1;
}

int kernel_manifest_read(const char *root, struct kernel_manifest *manifest)
{
	_cleanup_free_ char *path = path_join(root, "manifest.ini", NULL);
	int r;

	if (!fs_exists(path))
		return -ENOENT;
	r = ini_parse(path, take_value, manifest);
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		const char *value = *field_of(manifest, i);

		if (!fields[i].optional && (!value || !*value))
			r = -EBADMSG;
	}
	return r == 0 ? 0 : -EBADMSG;
}

int kernel_manifest_write(const char *root, const struct kernel_manifest *manifest)
{
	_cleanup_free_ char *path = path_join(root, "manifest.ini", NULL);
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r;

	strbuf_adds(&text, "[tree]\n");
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		const char *value = *field_of(manifest, i);

		if (value)
			strbuf_addf(&text, "%s = %s\n", fields[i].key, value);
	}
	r = fs_write_atomic(path, text.buf, text.len, 0644);
	return r < 0 ? log_error_errno(r, "Cannot write %s", path) : 0;
}

void kernel_manifest_release(struct kernel_manifest *manifest)
{
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		free(*field_of(manifest, i));
	*manifest = (struct kernel_manifest){ 0 };
}

int kernel_symvers_digest(const char *build, char **digest)
{
	_cleanup_free_ char *path = path_join(build, "Module.symvers", NULL);
	_cleanup_(strbuf_release) struct strbuf content = STRBUF_INIT, text = STRBUF_INIT;
	int r = fs_read(path, &content, 0);

	if (r < 0)
		return r;
	strbuf_addf(&text, "%zu ", content.len);
	hash_add(&text, &content);
	*digest = strbuf_detach(&text);
	return 0;
}
