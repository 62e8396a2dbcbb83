// SPDX-License-Identifier: GPL-2.0-only
/* Prepares modules for sending: without debug info, and unpacked. */
#include "host/build/unit_internal.h"

#include "common/alloc.h"
#include "common/beneath.h"
#include "common/fs.h"
#include "common/process.h"
#include "common/strv.h"
#include "host/base/paths.h"
#include "host/base/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static bool same_time(const struct stat *st, const char *path)
{
	struct stat other;

	return stat(path, &other) == 0 && st->st_mtim.tv_sec == other.st_mtim.tv_sec &&
	       st->st_mtim.tv_nsec == other.st_mtim.tv_nsec;
}

/* A damaged module stays as it is; the check reports it. */
static int unpack_ko(const char *ko, const char *to)
{
	_cleanup_(strbuf_release) struct strbuf bytes = STRBUF_INIT;
	_cleanup_close_ int fd = fs_open_regular(ko);
	int r = fd < 0 ? fd : unpack_file(fd, &bytes);

	if (r == -EBADMSG || r == -EFBIG) {
		bytes.len = 0;
		if (fs_read(ko, &bytes, 0) < 0)
			return -EIO;
		r = 0;
	}
	return r < 0 ? r : fs_write_atomic(to, bytes.buf, bytes.len, 0600);
}

/* The path in work/ of the module, which is `made` outside of it: a given .ko is copied there. */
static int put_in_work(const struct unit *unit, int work, const char *ko, const char *made,
		       char **path)
{
	const char *name = strrchr(made, '/') + 1;

	if (unit->source.kind != SOURCE_KO) {
		*path = path_join(unit->copy, ko, NULL);
		return beneath_copy_out(work, unit_below_work(unit, *path), made);
	}
	*path = unit_in_work(unit, name);
	return beneath_copy_in(work, name, made);
}

/* Runs strip where the module was built, so that it cannot harm more than that build can. */
static int run_strip(const struct unit *unit, int work, const char *in_work, const char *to)
{
	_cleanup_free_ char *program = xasprintf("%sstrip", unit->tree->cross_prefix);
	_cleanup_free_ char *name = path_join("stripped", strrchr(to, '/') + 1, NULL),
			    *output = unit_in_work(unit, name);
	int r = beneath_remove(work, "stripped"); /* whatever a build left there */

	if (r == 0)
		r = beneath_mkdir_p(work, "stripped", 0700);
	if (r == 0)
		r = unit_run(unit, ARGV(program, "--strip-debug", "-o", output, in_work), NULL);
	return r == 0 ? beneath_copy_out(work, name, to) : r;
}

/* The stripped module gets the time of the original, and appears by rename. */
static int strip(const struct unit *unit, const char *ko, const struct stat *st)
{
	_cleanup_free_ char *made = unit_made(unit, ko), *to = unit_stripped(unit, ko),
			    *temporary = xasprintf("%s.new", to), *in_work = NULL;
	_cleanup_close_ int work = -1;
	int r;

	if (same_time(st, to) && same_time(st, made))
		return 0;
	work = unit_open_work(unit);
	if (work < 0)
		return work;
	r = put_in_work(unit, work, ko, made, &in_work);
	if (r == 0)
		r = module_is_packed(made) ? unpack_ko(made, temporary)
					   : run_strip(unit, work, in_work, temporary);
	if (r == 0 && (utimensat(AT_FDCWD, temporary,
				 (struct timespec[]){ st->st_atim, st->st_mtim }, 0) < 0 ||
		       rename(temporary, to) < 0))
		r = -errno;
	return r;
}

static int make_folders(const struct unit *unit)
{
	static const char *const names[] = { "stripped", "made" };
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(names) && r == 0; i++) {
		_cleanup_free_ char *dir = unit_file(unit, names[i]);

		r = fs_mkdir_p(dir, 0700);
	}
	return r;
}

int unit_strip_all(const struct unit *unit, char **error)
{
	_cleanup_strv_ char **modules = unit_modules(unit);
	int r = make_folders(unit);

	strv_foreach (ko, modules) {
		bool wanted = unit->source.kind != SOURCE_KO || module_can_strip(*ko) ||
			      module_is_packed(*ko);
		struct stat st;

		if (r == 0 && wanted && unit_stat_module(unit, *ko, &st) == 0)
			r = strip(unit, *ko, &st);
		if (r > 0)
			return unit_fail(error, "stripping %s failed: see above", *ko);
		if (r < 0)
			return unit_fail_errno(error, r, "stripping %s failed", *ko);
	}
	return 0;
}
