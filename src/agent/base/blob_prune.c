// SPDX-License-Identifier: GPL-2.0-only
#include "agent/base/blob.h"

#include "common/cleanup.h"
#include "common/hex.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define KEPT_BLOBS 256

bool blob_set_has(const struct blob_set *set, const uint8_t hash[HASH_SIZE])
{
	for (size_t i = 0; i < set->n; i++)
		if (memcmp(set->hashes[i], hash, HASH_SIZE) == 0)
			return true;
	return false;
}

int blob_set_add(struct blob_set *set, const uint8_t hash[HASH_SIZE])
{
	void *more;

	if (blob_set_has(set, hash))
		return 0;
	more = realloc(set->hashes, (set->n + 1) * sizeof(*set->hashes));
	if (!more)
		return -ENOMEM;
	set->hashes = more;
	memcpy(set->hashes[set->n++], hash, HASH_SIZE);
	return 0;
}

void blob_set_release(struct blob_set *set)
{
	free(set->hashes);
	*set = (struct blob_set){ 0 };
}

static bool is_needed(const struct blob_set *needed, const char *name)
{
	char text[HEX_SIZE(HASH_SIZE)];

	for (size_t i = 0; needed && i < needed->n; i++) {
		hex_encode(text, needed->hashes[i], HASH_SIZE);
		if (strcmp(text, name) == 0)
			return true;
	}
	return false;
}

void blob_keep_newest(const char *dir, size_t kept, const struct blob_set *needed)
{
	struct {
		char name[80];
		time_t time;
	} oldest;
	size_t n;

	do {
		_cleanup_closedir_ DIR *d = opendir(dir);
		const struct dirent *entry;
		struct stat st;

		n = 0;
		while (d && (entry = readdir(d))) {
			if (entry->d_name[0] == '.' ||
			    strlen(entry->d_name) >= sizeof(oldest.name) ||
			    is_needed(needed, entry->d_name) ||
			    fstatat(dirfd(d), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
				continue;
			if (n++ && st.st_mtime >= oldest.time)
				continue;
			proto_set(oldest.name, entry->d_name);
			oldest.time = st.st_mtime;
		}
		if (n > kept && unlinkat(dirfd(d), oldest.name, 0) < 0)
			return;
	} while (n > kept);
}

void blob_prune(const struct dirs *dirs, const struct blob_set *needed)
{
	DIRS_AS_LOGIN(dirs);
	char dir[DIRS_MAX];

	if (dirs_path(dirs, dir, "blobs") == 0)
		blob_keep_newest(dir, KEPT_BLOBS, needed);
}
