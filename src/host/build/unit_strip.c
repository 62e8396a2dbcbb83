// SPDX-License-Identifier: GPL-2.0-only
/* Prepares modules for sending: without debug info, and unpacked. */
#include "host/build/unit_internal.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/process.h"
#include "common/strv.h"
#include "host/base/paths.h"
#include "host/container/buildenv.h"
#include "host/base/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

char *unit_stripped(const struct unit *unit, const char *ko)
{
	return path_join(unit->dir, "stripped", strrchr(ko, '/') + 1, NULL);
}

static bool same_time(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_mtim.tv_sec == y.st_mtim.tv_sec &&
	       x.st_mtim.tv_nsec == y.st_mtim.tv_nsec;
}

/* A damaged module stays as it is; the check reports it. */
static int unpack_ko(const char *ko, const char *to)
{
	_cleanup_(strbuf_release) struct strbuf bytes = STRBUF_INIT;
	_cleanup_close_ int fd = open(ko, O_RDONLY | O_CLOEXEC);
	int r = fd < 0 ? -errno : unpack_file(fd, &bytes);

	if (r == -EBADMSG || r == -EFBIG) {
		bytes.len = 0;
		if (fs_read(ko, &bytes, 0) < 0)
			return -EIO;
		r = 0;
	}
	return r < 0 ? r : fs_write_atomic(to, bytes.buf, bytes.len, 0600);
}

/* The stripped module gets the time of the original, and appears by rename. */
static int strip(const struct unit *unit, const char *ko)
{
	_cleanup_free_ char *to = unit_stripped(unit, ko), *temporary = xasprintf("%s.new", to);
	_cleanup_free_ char *program = xasprintf("%sstrip", unit->tree->cross_prefix);
	struct stat st;
	int r;

	if (same_time(ko, to))
		return 0;
	if (module_is_packed(ko))
		r = unpack_ko(ko, temporary);
	else
		r = buildenv_run(unit->tree->env, unit->tree->in_container,
				 ARGV(program, "--strip-debug", "-o", temporary, ko), NULL);
	if (r == 0 &&
	    (stat(ko, &st) < 0 ||
	     utimensat(AT_FDCWD, temporary, (struct timespec[]){ st.st_atim, st.st_mtim }, 0) < 0 ||
	     rename(temporary, to) < 0))
		r = -errno;
	return r;
}

int unit_strip_all(const struct unit *unit, char **error)
{
	_cleanup_strv_ char **modules = unit_modules(unit);
	_cleanup_free_ char *dir = unit_file(unit, "stripped");
	int r = fs_mkdir_p(dir, 0700);

	strv_foreach (ko, modules) {
		bool wanted = unit->source.kind != SOURCE_KO || module_can_strip(*ko) ||
			      module_is_packed(*ko);

		if (r == 0 && wanted && fs_exists(*ko))
			r = strip(unit, *ko);
		if (r != 0)
			return unit_fail(error, "stripping %s failed: %s", *ko,
					 r < 0 ? strerror(-r) : "see above");
	}
	return 0;
}
