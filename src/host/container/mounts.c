// SPDX-License-Identifier: GPL-2.0-only
/* Folders of the machine that are mounted in the container. */
#include "host/container/internal.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/strv.h"
#include "host/base/paths.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

bool container_reaches(char *const *folders, const char *path)
{
	strv_foreach (folder, folders)
		if (fs_is_within(path, *folder))
			return true;
	return false;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void container_add_folder(char ***folders, const char *folder)
{
	char **kept = NULL;

	if (container_reaches(*folders, folder))
		return;
	strv_foreach (old, *folders)
		if (!fs_is_within(*old, folder))
			strv_add(&kept, *old);
	strv_add(&kept, folder);
	qsort(kept, strv_length(kept), sizeof(*kept), compare);
	strv_free(*folders);
	*folders = kept;
}

/* A CSV field, the format of --mount. */
static void add_field(struct strbuf *out, const char *key, const char *value)
{
	bool quote = strpbrk(value, ",\"\n");

	strbuf_addf(out, ",%s%s=", quote ? "\"" : "", key);
	for (; *value; value++) {
		if (*value == '"')
			strbuf_addch(out, '"');
		strbuf_addch(out, *value);
	}
	if (quote)
		strbuf_addch(out, '"');
}

char *container_mount_word(const char *folder, const char *target, bool read_only)
{
	struct strbuf out = STRBUF_INIT;

	strbuf_adds(&out, "type=bind");
	add_field(&out, "source", folder);
	add_field(&out, "target", target);
	if (read_only)
		strbuf_adds(&out, ",readonly");
	return strbuf_detach(&out);
}

void container_mount(char ***argv, const char *folder, const char *target, bool read_only)
{
	_cleanup_free_ char *word = container_mount_word(folder, target, read_only);

	strv_add(argv, "--mount");
	strv_add(argv, word);
}

/* Trees are only read; builds write to the other caches. */
static const struct {
	const char *name;
	bool read_only;
} caches[] = { { "build" }, { "ccache" }, { "trees", true } };

bool container_is_cached(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(caches); i++) {
		_cleanup_free_ char *dir = path_cache(caches[i].name, NULL);

		if (fs_is_within(path, dir))
			return true;
	}
	return false;
}

int container_make_caches(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(caches); i++) {
		_cleanup_free_ char *dir = path_cache(caches[i].name, NULL);
		int r = fs_mkdir_p(dir, 0755);

		if (r < 0)
			return log_error_errno(r, "Cannot make %s", dir);
	}
	return 0;
}

void container_mount_caches(char ***argv)
{
	for (size_t i = 0; i < ARRAY_SIZE(caches); i++) {
		_cleanup_free_ char *dir = path_cache(caches[i].name, NULL);

		container_mount(argv, dir, dir, caches[i].read_only);
	}
}

/* The inode number is not reused while a mount holds the folder. */
char *container_identify(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return xstrdup("none");
	return xasprintf("%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
}

char *container_identify_caches(void)
{
	struct strbuf out = STRBUF_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(caches); i++) {
		_cleanup_free_ char *dir = path_cache(caches[i].name, NULL),
				    *identity = container_identify(dir);

		strbuf_addf(&out, "%s%s", i ? " " : "", identity);
	}
	return strbuf_detach(&out);
}
