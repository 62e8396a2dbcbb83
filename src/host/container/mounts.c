// SPDX-License-Identifier: GPL-2.0-only
/* Folders of the machine that are mounted in the container. */
#include "host/container/internal.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/strv.h"

#include <stdlib.h>
#include <string.h>

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
