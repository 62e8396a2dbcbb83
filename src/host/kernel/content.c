// SPDX-License-Identifier: GPL-2.0-only
/*
 * The content of a tree when it was made: TREE/contents, sorted, has a line "HASH MODE PATH"
 * for each file (BLAKE2b-128 of its content; MODE is x or -) and "-> TARGET PATH" for each
 * link. Bytes that would break a line are written as three octal digits, as in /proc/mounts.
 * The manifest has the digest of that file.
 */
#include "host/kernel/internal.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/fs_walk.h"
#include "common/log.h"
#include "host/base/hash.h"
#include "host/base/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define CONTENTS     "contents"
#define CONTENT_HASH 16

struct lines {
	char **list;
	size_t n;
};

static void add_line(struct lines *lines, char *line)
{
	GROW(lines->list, lines->n);
	lines->list[lines->n++] = line;
}

/* "a\040b" of "a b". */
static char *escape(const char *name)
{
	struct strbuf out = STRBUF_INIT;

	strbuf_adds(&out, "");
	for (; *name; name++)
		if (strchr(" \n\\", *name))
			strbuf_addf(&out, "\\%03o", (unsigned int)*name);
		else
			strbuf_addch(&out, *name);
	return strbuf_detach(&out);
}

static int hash_content(const char *path, char text[HEX_SIZE(CONTENT_HASH)])
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : hash_file(text, CONTENT_HASH, fd);
}

static int see(const struct fs_entry *entry, void *arg)
{
	_cleanup_free_ char *below = escape(entry->below), *to = NULL;
	char hash[HEX_SIZE(CONTENT_HASH)], target[PATH_MAX];

	if (strcmp(below, CONTENTS) == 0 || strcmp(below, "manifest.ini") == 0)
		return 0;
	if (entry->kind == FS_FILE) {
		int r = hash_content(entry->path, hash);

		if (r < 0)
			return r;
		add_line(arg,
			 xasprintf("%s %c %s", hash, entry->st->st_mode & 0100 ? 'x' : '-', below));
	} else if (entry->kind == FS_LINK) {
		ssize_t n = readlink(entry->path, target, sizeof(target) - 1);

		if (n < 0)
			return -errno;
		target[n] = '\0';
		to = escape(target);
		add_line(arg, xasprintf("-> %s %s", to, below));
	} else if (entry->kind == FS_UNREADABLE) {
		return -EACCES;
	}
	return 0;
}

static const char *path_of(const char *line)
{
	const char *p = strrchr(line, ' ');

	return p ? p + 1 : line;
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(path_of(*(char *const *)a), path_of(*(char *const *)b));
}

/* All lines as they would be now. 0 or -errno, not logged. */
static int list_now(const char *root, struct strbuf *out)
{
	struct lines lines = { 0 };
	int r = fs_walk(root, FS_FOLDER_FIRST, see, &lines);

	if (lines.n)
		qsort(lines.list, lines.n, sizeof(*lines.list), compare_lines);
	for (size_t i = 0; i < lines.n; i++) {
		strbuf_adds(out, lines.list[i]);
		strbuf_addch(out, '\n');
		free(lines.list[i]);
	}
	free(lines.list);
	return r;
}

static char *digest_of(const struct strbuf *text)
{
	struct strbuf digest = STRBUF_INIT;
	size_t lines = 0;

	for (size_t i = 0; i < text->len; i++)
		lines += text->buf[i] == '\n';
	strbuf_addf(&digest, "%zu ", lines);
	hash_add(&digest, text);
	return strbuf_detach(&digest);
}

int kernel_content_record(const char *root, char **digest)
{
	_cleanup_free_ char *path = path_join(root, CONTENTS, NULL);
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r = list_now(root, &text);

	if (r < 0)
		return log_error_errno(r, "Cannot read the kernel tree %s", root);
	r = fs_write_atomic(path, text.buf, text.len, 0644);
	if (r < 0)
		return log_error_errno(r, "Cannot write %s", path);
	*digest = digest_of(&text);
	return 0;
}

/* The first line that differs, as it would be now. */
static void name_difference(const char *then, const char *now, struct strbuf *why)
{
	for (;;) {
		size_t a = strcspn(then, "\n"), b = strcspn(now, "\n");
		_cleanup_free_ char *x = xstrndup(then, a), *y = xstrndup(now, b);
		int order = !*then ? 1 : !*now ? -1 : strcmp(path_of(x), path_of(y));

		if (!*then && !*now)
			return;
		if (order == 0 && strcmp(x, y) == 0) {
			then += a + (then[a] == '\n');
			now += b + (now[b] == '\n');
			continue;
		}
		strbuf_addf(why, "%s %s", path_of(order > 0 ? y : x),
			    order > 0   ? "did not exist when it was made"
			    : order < 0 ? "is missing"
					: "has changed");
		return;
	}
}

int kernel_content_check(const char *root, const char *digest, struct strbuf *why)
{
	_cleanup_free_ char *path = path_join(root, CONTENTS, NULL), *found = NULL;
	_cleanup_(strbuf_release) struct strbuf then = STRBUF_INIT, now = STRBUF_INIT;
	int r = fs_read(path, &then, 0);

	found = digest_of(&then);
	if (r < 0 || strcmp(found, digest) != 0) {
		strbuf_addf(why, "the list of its files (%s) is missing or damaged", CONTENTS);
		return -EUCLEAN;
	}
	r = list_now(root, &now);
	if (r < 0) {
		strbuf_addf(why, "it cannot be read: %s", strerror(-r));
		return -EUCLEAN;
	}
	name_difference(then.buf, now.buf, why);
	return why->len ? -EUCLEAN : 0;
}
