// SPDX-License-Identifier: GPL-2.0-only
#include "host/kernel/internal.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "host/base/hash.h"
#include "host/base/ini.h"
#include "host/base/paths.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *key;
	size_t offset;
	bool optional;
} fields[] = {
	{ "release", offsetof(struct kernel_manifest, release) },
	{ "board", offsetof(struct kernel_manifest, board), true },
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

static int take_value(const struct ini_entry *e, void *arg)
{
	for (size_t i = 0; e->key && i < ARRAY_SIZE(fields); i++)
		if (strcmp(e->key, fields[i].key) == 0)
			*field_of(arg, i) = xstrdup(e->value);
	return 0;
}

int kernel_manifest_read(const char *root, struct kernel_manifest *manifest)
{
	static const struct ini_key keys[] = {
		{ "tree.release" },  { "tree.board" },   { "tree.source" },  { "tree.build" },
		{ "tree.compiler" }, { "tree.symvers" }, { "tree.content" }, { NULL },
	};
	_Static_assert(ARRAY_SIZE(keys) == ARRAY_SIZE(fields) + 1, "a field is in both tables");
	static const struct ini_syntax syntax = {
		.keys = keys,
		.passes_unknown = true,
		.level = LOG_LEVEL_DEBUG,
	};
	_cleanup_free_ char *path = path_join(root, "manifest.ini", NULL);
	int r = ini_read(path, &syntax, take_value, manifest);

	if (r == -ENOENT)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		if (!fields[i].optional && !*field_of(manifest, i))
			r = -EBADMSG;
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

		if (!value)
			continue;
		if (!ini_can_hold(fields[i].key, value)) {
			log_error("%s: %s = '%s' cannot be stored in it", path, fields[i].key,
				  value);
			log_hint(INI_VALUE_HINT);
			return -EINVAL;
		}
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
