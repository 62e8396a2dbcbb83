// SPDX-License-Identifier: GPL-2.0-only
#include "common/fs.h"
#include "common/strbuf.h"
#include "host/base/hash.h"
#include "host/base/paths.h"
#include "host/vm/image.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Increase the number when images of an older Outpost cannot be used any more. */
#define MANIFEST_HEAD "outpost-image 3\n"

#define HASH_SIZE 32 /* BLAKE2b-256 */

struct entry {
	char name[64];
	int64_t size, mtime_ns;
	char hash[HEX_SIZE(HASH_SIZE)];
};

static int hash_content(const char *path, char *hex)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : hash_file(hex, HASH_SIZE, fd);
}

static int stat_entry(const char *path, struct entry *entry)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return -errno;
	entry->size = st.st_size;
	entry->mtime_ns = st.st_mtim.tv_sec * 1000000000LL + st.st_mtim.tv_nsec;
	return 0;
}

int manifest_write(const char *dir, const char *const *files)
{
	_cleanup_free_ char *path = path_join(dir, "manifest", NULL);
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;

	strbuf_adds(&text, MANIFEST_HEAD);
	for (const char *const *name = files; *name; name++) {
		_cleanup_free_ char *file = path_join(dir, *name, NULL);
		struct entry entry;
		int r = stat_entry(file, &entry);

		if (r == 0)
			r = hash_content(file, entry.hash);
		if (r < 0)
			return r;
		strbuf_addf(&text, "%s %" PRId64 " %" PRId64 " %s\n", *name, entry.size,
			    entry.mtime_ns, entry.hash);
	}
	return fs_write_atomic(path, text.buf, text.len, 0644);
}

static int check_file(const char *dir, const struct entry *expected, bool thorough)
{
	_cleanup_free_ char *path = path_join(dir, expected->name, NULL);
	struct entry found;

	if (stat_entry(path, &found) < 0 || found.size != expected->size)
		return -EUCLEAN;
	if (!thorough && found.mtime_ns == expected->mtime_ns)
		return 0;
	if (hash_content(path, found.hash) < 0 || strcmp(found.hash, expected->hash) != 0)
		return -EUCLEAN;
	return 0;
}

int manifest_check(const char *dir, const char *const *files, bool thorough)
{
	_cleanup_free_ char *path = path_join(dir, "manifest", NULL);
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	const char *line;
	int r = fs_read(path, &text, 64 * 1024);

	if (r < 0)
		return r;
	if (strncmp(text.buf, MANIFEST_HEAD, strlen(MANIFEST_HEAD)) != 0)
		return -ENOENT;
	line = text.buf + strlen(MANIFEST_HEAD);
	for (const char *const *name = files; *name; name++) {
		struct entry entry;

		if (sscanf(line, "%63s %" SCNd64 " %" SCNd64 " %64s", entry.name, &entry.size,
			   &entry.mtime_ns, entry.hash) != 4 ||
		    strcmp(entry.name, *name) != 0)
			return -EUCLEAN;
		r = check_file(dir, &entry, thorough);
		if (r < 0)
			return r;
		line = strchr(line, '\n');
		if (!line++)
			return -EUCLEAN;
	}
	return 0;
}
