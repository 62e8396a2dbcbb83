// SPDX-License-Identifier: GPL-2.0-only
/* The vm's /lib/modules. */
#include "common/alloc.h"
#include "common/fs.h"
#include "common/fs_walk.h"
#include "common/log.h"
#include "common/process.h"
#include "common/strv.h"
#include "host/base/paths.h"
#include "host/vm/image.h"
#include "host/vm/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* How many files to pass to one xz, to stay within the limit for arguments. */
#define BATCH 500

static int decompress(char *const *files)
{
	for (size_t n = strv_length(files); n;) {
		const char *argv[BATCH + 4] = { "xz", "-d", "--" };
		int r;

		for (size_t k = 0; k < BATCH && n; k++)
			argv[3 + k] = files[--n];
		r = tool_run((char *const *)argv, "xz-utils", NULL);
		if (r < 0)
			return r;
	}
	return 0;
}

int modules_prepare(const char *base, const char *release)
{
	_cleanup_free_ char *dir = path_join(base, "lib/modules", release, NULL);
	_cleanup_strv_ char **compressed = NULL;
	int r;

	if (!fs_is_dir(dir))
		return log_error_errno(-ENOENT, "Cannot read %s", dir);
	fs_find(dir, "*.ko.xz", &compressed);
	r = decompress(compressed);
	return r < 0 ? r : tool_run(ARGV("depmod", "-b", base, release), "kmod", NULL);
}

/* Do the first `n` bytes of `path` name the module `name`? */
static bool is_module(const char *path, size_t n, const char *name)
{
	const char *slash = memrchr(path, '/', n);
	const char *start = slash ? slash + 1 : path;
	size_t length = strlen(name);

	if ((size_t)(path + n - start) != length + 3 || memcmp(path + n - 3, ".ko", 3) != 0)
		return false;
	for (size_t i = 0; i < length; i++)
		if ((start[i] == '-' ? '_' : start[i]) != (name[i] == '-' ? '_' : name[i]))
			return false;
	return true;
}

/* The line in modules.dep ("path: dependency dependency") for this module or path. */
static char *find_line(const char *dep, const char *name, bool is_path)
{
	while (*dep) {
		size_t length = strcspn(dep, "\n");
		const char *colon = memchr(dep, ':', length);
		size_t n = colon ? (size_t)(colon - dep) : 0;

		if (n && (is_path ? n == strlen(name) && memcmp(dep, name, n) == 0
				  : is_module(dep, n, name)))
			return xstrndup(dep, length);
		dep += length + (dep[length] == '\n');
	}
	return NULL;
}

static void add_closure(const char *dep, char *line, char ***lines)
{
	_cleanup_free_ char *copy = xstrdup(line);
	char *save = NULL;
	char *word;

	(void)strtok_r(copy, ": ", &save); /* the module itself */
	/* modules.dep lists indirect dependencies, too, so one level is enough. */
	while ((word = strtok_r(NULL, ": ", &save))) {
		_cleanup_free_ char *other = find_line(dep, word, true);

		if (other && !strv_contains(*lines, other))
			strv_add(lines, other);
	}
	if (!strv_contains(*lines, line))
		strv_add(lines, line);
}

void modules_closure(const char *dep, const char *const *names, char ***lines, char ***found)
{
	for (const char *const *name = names; *name; name++) {
		_cleanup_free_ char *line = find_line(dep, *name, false);

		if (!line)
			continue;
		add_closure(dep, line, lines);
		strv_add(found, *name);
	}
}

struct totals {
	long long bytes, files;
};

static int add_size(const struct fs_entry *entry, void *arg)
{
	struct totals *totals = arg;

	if (entry->kind == FS_UNREADABLE)
		return 0;
	totals->bytes += (entry->st->st_size + 4095) / 4096 * 4096;
	totals->files++;
	return 0;
}

int modules_write_disk(const char *base, const char *image)
{
	_cleanup_free_ char *dir = path_join(base, "lib/modules", NULL);
	_cleanup_free_ char *inodes = NULL, *size = NULL;
	struct totals totals = { 0 };
	int r = fs_walk(dir, FS_FOLDER_FIRST, add_size, &totals);

	if (r < 0)
		return log_error_errno(r, "Cannot read %s", dir);
	/* On top of the content: 256 bytes per inode, and a few per cent for ext4's own tables. */
	inodes = xasprintf("%lld", totals.files + 64);
	size = xasprintf("%lldk", (totals.bytes + totals.files * 256) / 1024 * 104 / 100 + 8192);
	return tool_run(ARGV("mke2fs", "-q", "-t", "ext4", "-b", "4096", "-m", "0", "-O",
			     "^has_journal", "-N", inodes, "-d", dir, "--", image, size),
			"e2fsprogs", NULL);
}
