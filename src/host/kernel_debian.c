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
#include <string.h>

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

static int obtain(struct kernel_wanted *wanted, const char *dir, char **build, struct strbuf *why)
{
	_cleanup_free_ char *headers = xasprintf("linux-headers-%s", wanted->release);
	_cleanup_free_ char *below = path_join("usr/src", headers, NULL);
	_cleanup_free_ char *kbuild = NULL;
	int r = unpack_headers(headers, dir, &kbuild);

	if (r == -ENOENT)
		strbuf_addf(why, "Debian has no %s", headers);
	if (r == 0)
		r = unpack_tools(kbuild, dir);
	if (r < 0)
		return r;
	*build = TAKE_PTR(below);
	return 0;
}

const struct kernel_source kernel_source_debian = { .name = "debian", .obtain = obtain };
