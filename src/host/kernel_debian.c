// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trees from Debian: linux-headers-<release>, the -common package that it
 * depends on, and linux-kbuild-<series> of this machine's architecture, whose
 * fixdep and modpost run here. All of them keep the places they have in
 * Debian, below the tree.
 */
#include "host/kernel_internal.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/process.h"
#include "host/debian.h"
#include "host/paths.h"

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#define BOARD_ARCH "arm64"

int kernel_debian_default(char **release)
{
	static const char prefix[] = "linux-image-";
	_cleanup_(debian_closep) struct debian *debian = NULL;
	_cleanup_free_ char *package = NULL;
	int r = debian_open(&debian, BOARD_ARCH);

	if (r == 0)
		r = debian_resolve(debian, "linux-image-" BOARD_ARCH, prefix, &package);
	if (r < 0)
		return r;
	*release = xstrdup(package + strlen(prefix));
	return 0;
}

void kernel_debian_rewrite_makefile(const char *text, struct strbuf *out)
{
	static const char absolute[] = "include /usr/src/";
	static const char btf[] = "ifeq ($(and $(wildcard vmlinux),$(shell command -v pahole)),)\n"
				  "MAKEOVERRIDES += CONFIG_DEBUG_INFO_BTF_MODULES=\n"
				  "endif\n";
	size_t n;

	strbuf_adds(out, btf);
	for (const char *line = text; *line; line += n) {
		n = strcspn(line, "\n");
		n += line[n] == '\n';
		if (strncmp(line, absolute, strlen(absolute)) != 0) {
			strbuf_add(out, line, n);
			continue;
		}
		strbuf_adds(out, "include $(dir $(lastword $(MAKEFILE_LIST)))../");
		strbuf_add(out, line + strlen(absolute), n - strlen(absolute));
	}
}

static int rewrite_makefile(const char *build)
{
	_cleanup_free_ char *path = path_join(build, "Makefile", NULL);
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT, changed = STRBUF_INIT;
	int r = fs_read(path, &text, 1 << 20);

	if (r < 0)
		return log_error_errno(r, "Cannot read %s", path);
	kernel_debian_rewrite_makefile(text.buf, &changed);
	r = fs_write_atomic(path, changed.buf, changed.len, 0644);
	return r < 0 ? log_error_errno(r, "Cannot write %s", path) : 0;
}

char *kernel_debian_relative_link(const char *folder, const char *target)
{
	struct strbuf sb = STRBUF_INIT;

	for (const char *p = folder; *p; p += strspn(p, "/")) {
		strbuf_adds(&sb, "../");
		p += strcspn(p, "/");
	}
	strbuf_adds(&sb, target + strspn(target, "/"));
	return strbuf_detach(&sb);
}

/* nftw() has no argument for its function. */
static size_t root_length;

static int make_link_relative(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	_cleanup_free_ char *folder = NULL, *relative = NULL;
	char target[PATH_MAX];
	ssize_t n = flag == FTW_SL ? readlink(path, target, sizeof(target) - 1) : 0;

	(void)st;
	if (n < 0)
		return -errno;
	target[n] = '\0';
	if (target[0] != '/')
		return 0;
	folder = xstrndup(path + root_length + 1, (size_t)ftw->base - root_length - 1);
	relative = kernel_debian_relative_link(folder, target);
	return unlink(path) < 0 || symlink(relative, path) < 0 ? -errno : 0;
}

static int make_links_relative(const char *dir)
{
	int r;

	root_length = strlen(dir);
	r = nftw(dir, make_link_relative, 32, FTW_PHYS | FTW_MOUNT);
	if (r == -1)
		r = -errno;
	return r < 0 ? log_error_errno(r, "Cannot make the links below %s relative", dir) : 0;
}

static int unpack_headers(const char *headers, const char *dir, char **kbuild)
{
	_cleanup_(debian_closep) struct debian *debian = NULL;
	_cleanup_strv_ char **packages = NULL;
	_cleanup_free_ char *common = NULL;
	int r = debian_open(&debian, BOARD_ARCH);

	if (r < 0)
		return r;
	r = debian_has(debian, headers);
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	r = debian_resolve(debian, headers, "linux-headers-", &common);
	if (r == 0)
		r = debian_resolve(debian, headers, "linux-kbuild-", kbuild);
	if (r < 0)
		return r == -ENOENT ? -EBADMSG : r;
	strv_add(&packages, headers);
	strv_add(&packages, common);
	r = debian_unpack(debian, dir, packages, false);
	return r == -ENOENT ? -EBADMSG : r; /* said, and no reason to try another source */
}

static int unpack_tools(const char *kbuild, const char *dir)
{
	_cleanup_(debian_closep) struct debian *debian = NULL;
	int r = debian_open(&debian, debian_host_arch());

	if (r == 0)
		r = debian_unpack(debian, dir, ARGV(kbuild), false);
	return r == -ENOENT ? -EBADMSG : r;
}

static int obtain(const char *release, const char *dir, char **build)
{
	_cleanup_free_ char *headers = xasprintf("linux-headers-%s", release);
	_cleanup_free_ char *below = path_join("usr/src", headers, NULL);
	_cleanup_free_ char *full = path_join(dir, below, NULL), *kbuild = NULL;
	int r = unpack_headers(headers, dir, &kbuild);

	if (r == 0)
		r = unpack_tools(kbuild, dir);
	if (r == 0)
		r = make_links_relative(dir);
	if (r == 0)
		r = rewrite_makefile(full);
	if (r < 0)
		return r;
	*build = TAKE_PTR(below);
	return 0;
}

const struct kernel_source kernel_source_debian = { .name = "debian", .obtain = obtain };
