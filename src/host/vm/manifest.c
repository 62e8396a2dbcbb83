// SPDX-License-Identifier: GPL-2.0-only
#include "common/fs.h"
#include "common/strbuf.h"
#include "host/base/paths.h"
#include "host/vm/image.h"

#include <blake2.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Raised when images made by an older Outpost will not do any more. */
#define MANIFEST_HEAD "outpost-image 3\n"

#define HASH_SIZE 32

struct entry {
	char name[64];
	int64_t size, mtime_ns;
	char hash[2 * HASH_SIZE + 1];
};

static int hash_file(const char *path, char *hex)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	_cleanup_free_ uint8_t *piece = malloc(1 << 20);
	uint8_t hash[HASH_SIZE];
	blake2b_state state;
	ssize_t n;

	if (fd < 0 || !piece)
		return -errno;
	blake2b_init(&state, sizeof(hash));
	while ((n = read(fd, piece, 1 << 20)) > 0)
		blake2b_update(&state, piece, (size_t)n);
	if (n < 0)
		return -errno;
	blake2b_final(&state, hash, sizeof(hash));
	for (size_t i = 0; i < sizeof(hash); i++)
		sprintf(hex + 2 * i, "%02x", hash[i]);
	return 0;
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
			r = hash_file(file, entry.hash);
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
	if (hash_file(path, found.hash) < 0 || strcmp(found.hash, expected->hash) != 0)
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
