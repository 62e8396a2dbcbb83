// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trees from Debian, and from archives that package kernels in the same way:
 * linux-headers-<release>, the -common package that it depends on, and linux-kbuild-<series>;
 * for Debian's own kernels, linux-kbuild for this machine's architecture, so that fixdep and
 * modpost run here. The packages keep their paths, below the tree.
 */
#include "host/kernel/internal.h"

#include "common/alloc.h"
#include "common/log.h"
#include "common/process.h"
#include "common/strv.h"
#include "host/container/buildenv.h"
#include "host/debian/debian.h"
#include "host/base/paths.h"

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

/*
 * The packages of one archive (NULL: Debian's own); *kbuild: the one with kbuild's programs. An
 * enum kernel_outcome, or -errno, logged.
 */
static int unpack_headers(struct debian *debian, const struct debian_archive *archive,
			  const char *headers, const char *dir, char **kbuild)
{
	_cleanup_strv_ char **packages = NULL;
	_cleanup_free_ char *common = NULL;
	int r = debian_has(debian, headers);

	if (r <= 0)
		return r < 0 ? r : KERNEL_NONE;
	r = debian_resolve(debian, headers, "linux-headers-", &common);
	if (r == 0)
		r = debian_resolve(debian, headers, "linux-kbuild-", kbuild);
	if (r < 0)
		return r;
	strv_add(&packages, headers);
	strv_add(&packages, common);
	if (archive) /* its scripts are for this kernel; programs are replaced later */
		strv_add(&packages, *kbuild);
	return debian_unpack(debian, dir, packages, false);
}

/* Debian also has them for this machine. */
static int unpack_tools(const char *kbuild, const char *dir)
{
	_cleanup_(debian_closep) struct debian *debian = NULL;
	int r = debian_open(&debian, debian_host_arch());

	return r < 0 ? r : debian_unpack(debian, dir, ARGV(kbuild), false);
}

/* archive NULL: Debian's own. An enum kernel_outcome, or -errno, logged. */
static int obtain_from(const struct debian_archive *archive, const char *headers, const char *dir,
		       struct strbuf *why)
{
	_cleanup_(debian_closep) struct debian *debian = NULL;
	_cleanup_free_ char *kbuild = NULL;
	const char *name = archive ? archive->name : "Debian";
	int r = debian_open_archive(&debian, BOARD_ARCH, archive);

	if (r == DEBIAN_UNREACHABLE) { /* another source may have it */
		strbuf_addf(why, "%s%s cannot be reached", why->len ? ", " : "", name);
		return KERNEL_NONE;
	}
	if (r == DEBIAN_OPENED)
		r = unpack_headers(debian, archive, headers, dir, &kbuild);
	if (r == KERNEL_NONE)
		strbuf_addf(why, "%s%s has no %s", why->len ? ", " : "", name, headers);
	if (r == KERNEL_FOUND && !archive)
		r = unpack_tools(kbuild, dir);
	return r;
}

static int obtain(struct kernel_wanted *wanted, const char *dir, char **build, struct strbuf *why)
{
	_cleanup_(debian_archives_release) struct debian_archives list = { 0 };
	_cleanup_free_ char *headers = xasprintf("linux-headers-%s", wanted->release);
	int r = debian_archives_load(buildenv_config(wanted->env), &list);

	if (r == 0)
		r = obtain_from(NULL, headers, dir, why);
	for (size_t i = 0; r == KERNEL_NONE && i < list.n; i++)
		r = obtain_from(&list.archives[i], headers, dir, why);
	if (r == KERNEL_FOUND)
		*build = path_join("usr/src", headers, NULL);
	return r;
}

const struct kernel_source kernel_source_debian = { .name = "debian", .obtain = obtain };
