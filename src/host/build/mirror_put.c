// SPDX-License-Identifier: GPL-2.0-only
#include "host/build/mirror_put.h"

#include "common/beneath.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Removes a folder that make left in place of a file, or the other way round. */
static int clear_way(int copy, const struct inventory_entry *e)
{
	struct stat st;
	int r;

	if (beneath_stat(copy, e->path, &st) < 0 || (e->type == 'd') == S_ISDIR(st.st_mode))
		return 0;
	r = beneath_remove(copy, e->path);
	return r < 0 ? log_error_errno(r, "Cannot remove %s from the copy", e->path) : 0;
}

/*
 * A changed file gets the time of its copy. Otherwise, if it was saved while its earlier
 * version was being compiled, or replaced by an older file, it would be older than the object,
 * and make would take the object for current. All files of one update get the same time, so
 * that none is made from another.
 */
static int copy_file(const char *from, int copy, const struct inventory_entry *e,
		     const struct timespec *time)
{
	_cleanup_close_ int in = open(from, O_RDONLY | O_NONBLOCK | O_CLOEXEC), out = -1;
	int r;

	if (in < 0)
		return log_error_errno(-errno, "Cannot read %s", from);
	out = beneath_create(copy, e->path, 0600);
	r = out < 0 ? out : fs_copy_file(in, out);
	if (r < 0)
		return log_error_errno(r, "Cannot copy %s", from);
	fchmod(out, (e->mode & 0777) | 0600);
	if (time)
		futimens(out, (struct timespec[]){ *time, *time });
	return 0;
}

int mirror_put(const char *from, int copy, const struct inventory_entry *e,
	       const struct timespec *time)
{
	int r = clear_way(copy, e);

	if (r < 0)
		return r;
	if (e->type == 'f')
		return copy_file(from, copy, e, time);
	r = e->type == 'd' ? beneath_mkdir_p(copy, e->path, 0700)
			   : beneath_put_link(copy, e->path, e->link);
	return r < 0 ? log_error_errno(r, "Cannot create %s in the copy", e->path) : 0;
}
