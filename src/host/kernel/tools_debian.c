// SPDX-License-Identifier: GPL-2.0-only
/* kbuild's programs from Debian's linux-kbuild of the same series for this machine. */
#include "host/kernel/tools.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/process.h"
#include "common/strv.h"
#include "host/debian/debian.h"
#include "host/base/paths.h"

#include <errno.h>
#include <string.h>

/* "6.12" of "6.12.25+rpt-rpi-v8". */
static char *series_of(const char *release)
{
	size_t n = strspn(release, "0123456789");

	n += release[n] == '.';
	n += strspn(release + n, "0123456789");
	return xstrndup(release, n);
}

/* usr/lib/linux-kbuild-* in the unpacked package, or NULL; the caller frees it. */
static char *find_kbuild(const char *dir)
{
	_cleanup_free_ char *lib = path_join(dir, "usr/lib", NULL);
	_cleanup_strv_ char **names = NULL;

	fs_list(lib, &names);
	strv_foreach (name, names)
		if (strncmp(*name, "linux-kbuild-", 13) == 0)
			return path_join(lib, *name, NULL);
	return NULL;
}

/* The part of a program's path from scripts/ or tools/ onwards. */
static const char *below_kbuild(const char *program)
{
	for (const char *p = program; (p = strchr(p, '/')); p++)
		if (strncmp(p, "/scripts/", 9) == 0 || strncmp(p, "/tools/", 7) == 0)
			return p + 1;
	return NULL;
}

static int put(const char *from, const char *to)
{
	_cleanup_free_ char *new = xasprintf("%s.new", to);
	int r = fs_copy(from, new);

	if (r == 0 && rename(new, to) < 0)
		r = -errno;
	return r < 0 ? log_error_errno(r, "Cannot replace %s", to) : 0;
}

/* Debian's modpost starts the one for the objects' word size, which the tree need not have. */
static int put_real(const char *ours, const char *program)
{
	_cleanup_free_ char *from = xasprintf("%s.real-lsb-64", ours),
			    *to = xasprintf("%s.real-lsb-64", program);

	return fs_exists(from) ? put(from, to) : 0;
}

static int replace_by(char *const *programs, const char *kbuild)
{
	int r = 0;

	strv_foreach (program, programs) {
		const char *below = below_kbuild(*program);
		_cleanup_free_ char *ours = path_join(kbuild, below ? below : "", NULL);

		if (!below || !fs_exists(ours) || fs_is_dir(ours))
			continue;
		r = put(ours, *program);
		if (r == 0)
			r = put_real(ours, *program);
		if (r < 0)
			return r;
	}
	return 0;
}

int kernel_tools_from_debian(char *const *programs, const char *dir, const char *release)
{
	_cleanup_(debian_closep) struct debian *debian = NULL;
	_cleanup_free_ char *series = series_of(release), *package = NULL, *kbuild = NULL;
	_cleanup_free_ char *unpacked = path_join(dir, ".kbuild", NULL),
			    *prefix = xasprintf("linux-kbuild-%s", series);
	int r = debian_open(&debian, debian_host_arch());

	if (r == 0)
		r = debian_newest(debian, prefix, &package);
	if (r == 0)
		r = fs_remove_tree(unpacked); /* a board may have sent one */
	if (r == 0)
		r = debian_unpack(debian, unpacked, ARGV(package), false);
	if (r == 0)
		kbuild = find_kbuild(unpacked);
	if (kbuild) {
		log_debug("Using kbuild's programs from %s (%s)", package, debian_host_arch());
		r = replace_by(programs, kbuild);
	}
	fs_remove_tree(unpacked);
	return r;
}
