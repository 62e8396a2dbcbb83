// SPDX-License-Identifier: GPL-2.0-only
#include "host/build/mirror_link.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/strbuf.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Resolves "." and ".." by name. NULL if that leaves the folder that `path` is relative to. */
static char *plain_path(const char *path)
{
	_cleanup_(strbuf_release) struct strbuf plain = STRBUF_INIT;
	_cleanup_free_ char *copy = xstrdup(path);
	char *rest = copy;

	for (char *step; (step = strsep(&rest, "/"));) {
		if (!*step || strcmp(step, ".") == 0)
			continue;
		if (strcmp(step, "..") != 0) {
			strbuf_addf(&plain, "/%s", step);
			continue;
		}
		if (!plain.len)
			return NULL;
		plain.len = (size_t)(strrchr(plain.buf, '/') - plain.buf);
		plain.buf[plain.len] = '\0';
	}
	return xstrdup(plain.buf);
}

/*
 * Does `text`, the target of the link `rel`, lead to `real` without leaving the folder? Outside,
 * folders have other names next to the copy than next to the user's folder.
 */
static bool stays_inside(const char *dir, const char *rel, const char *text, const char *real)
{
	const char *slash = strrchr(rel, '/');
	_cleanup_free_ char *steps =
		xasprintf("%.*s/%s", slash ? (int)(slash - rel) : 0, rel, text);
	_cleanup_free_ char *plain = plain_path(steps);
	_cleanup_free_ char *there = plain ? xasprintf("%s%s", dir, plain) : NULL;
	_cleanup_free_ char *found = there ? realpath(there, NULL) : NULL;

	return found && strcmp(found, real) == 0;
}

/* The path of `below`, which is in the folder, relative to the folder that `rel` is in. */
static char *path_from(const char *rel, const char *below)
{
	_cleanup_(strbuf_release) struct strbuf up = STRBUF_INIT;

	for (const char *p = strchr(rel, '/'); p; p = strchr(p + 1, '/'))
		strbuf_adds(&up, "../");
	return xasprintf("%s.%s", up.buf, below);
}

char *mirror_link(const char *dir, const char *from, const char *rel)
{
	_cleanup_free_ char *real = realpath(from, NULL);
	char text[PATH_MAX];
	ssize_t n = readlink(from, text, sizeof(text) - 1);

	if (n < 0)
		return NULL;
	text[n] = '\0';
	if (!real)
		return xstrdup(text);
	if (!fs_is_within(real, dir))
		return NULL;
	return *text == '/' || !stays_inside(dir, rel, text, real)
		       ? path_from(rel, real + strlen(dir))
		       : xstrdup(text);
}
