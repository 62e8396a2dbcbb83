// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trees from a board or a package refer to absolute paths; our tree is elsewhere, perhaps on
 * another machine.
 */
#include "host/kernel/internal.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/fs_walk.h"
#include "common/log.h"
#include "host/base/paths.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

char *kernel_mend_relative_link(const char *folder, const char *target)
{
	struct strbuf sb = STRBUF_INIT;

	for (const char *p = folder; *p; p += strspn(p, "/")) {
		strbuf_adds(&sb, "../");
		p += strcspn(p, "/");
	}
	strbuf_adds(&sb, target + strspn(target, "/"));
	return strbuf_detach(&sb);
}

void kernel_mend_makefile(const char *text, const char *below, struct strbuf *out)
{
	static const char absolute[] = "include /";
	static const char btf[] = "ifeq ($(and $(wildcard vmlinux),$(shell command -v pahole)),)\n"
				  "MAKEOVERRIDES += CONFIG_DEBUG_INFO_BTF_MODULES=\n"
				  "endif\n";
	_cleanup_free_ char *up = kernel_mend_relative_link(below, "");
	size_t n;

	strbuf_adds(out, btf);
	for (const char *line = text; *line; line += n) {
		n = strcspn(line, "\n");
		n += line[n] == '\n';
		if (strncmp(line, absolute, strlen(absolute)) != 0) {
			strbuf_add(out, line, n);
			continue;
		}
		strbuf_addf(out, "include $(dir $(lastword $(MAKEFILE_LIST)))%s", up);
		strbuf_add(out, line + strlen(absolute), n - strlen(absolute));
	}
}

/* The Makefile of a full source tree has thousands of lines and includes nothing by such a path. */
static int mend_makefile(const char *dir, const char *below)
{
	_cleanup_free_ char *path = path_join(dir, below, "Makefile", NULL);
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT, changed = STRBUF_INIT;
	int r = fs_read(path, &text, 1 << 20);

	if (r < 0)
		return log_error_errno(r, "Cannot read %s", path);
	kernel_mend_makefile(text.buf, below, &changed);
	r = fs_write_atomic(path, changed.buf, changed.len, 0644);
	return r < 0 ? log_error_errno(r, "Cannot write %s", path) : 0;
}

static int make_link_relative(const struct fs_entry *entry, void *arg)
{
	_cleanup_free_ char *folder = NULL, *relative = NULL;
	char target[PATH_MAX];
	ssize_t n = entry->kind == FS_LINK ? readlink(entry->path, target, sizeof(target) - 1) : 0;

	(void)arg;
	if (n < 0)
		return -errno;
	target[n] = '\0';
	if (target[0] != '/')
		return 0;
	folder = xstrndup(entry->below, (size_t)(entry->name - entry->below));
	relative = kernel_mend_relative_link(folder, target);
	return unlink(entry->path) < 0 || symlink(relative, entry->path) < 0 ? -errno : 0;
}

static int make_links_relative(const char *dir)
{
	int r = fs_walk(dir, FS_FOLDER_FIRST, make_link_relative, NULL);

	return r < 0 ? log_error_errno(r, "Cannot make the links below %s relative", dir) : 0;
}

int kernel_mend(const struct kernel_place *place, const char *dir, const char *below)
{
	int r = make_links_relative(dir);

	if (r == 0)
		r = mend_makefile(dir, below);
	return r < 0 ? r : kernel_tools_replace(place, dir, below);
}
