// SPDX-License-Identifier: GPL-2.0-only
#include "host/build/mirror_put.h"

#include "common/fs.h"
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Removes a folder that make left in place of a file, or the other way round. */
static int clear_way(const char *dest, char type)
{
	struct stat st;
	int r;

	if (lstat(dest, &st) < 0 || (type == 'd' ? S_ISDIR(st.st_mode) : !S_ISDIR(st.st_mode)))
		return 0;
	r = fs_remove_tree(dest);
	return r < 0 ? log_error_errno(r, "Cannot remove %s", dest) : 0;
}

/*
 * A changed file gets the time of its copy. Otherwise, if it was saved while its earlier
 * version was being compiled, or replaced by an older file, it would be older than the object,
 * and make would take the object for current. All files of one update get the same time, so
 * that none is made from another.
 */
static int copy_file(const char *from, const char *dest, const struct inventory_entry *e,
		     const struct timespec *time)
{
	int r;

	unlink(dest); /* may be a link, or made read-only by the build */
	r = fs_copy(from, dest);
	if (r < 0)
		return log_error_errno(r, "Cannot copy %s to %s", from, dest);
	chmod(dest, (e->mode & 0777) | 0600);
	if (time)
		utimensat(AT_FDCWD, dest, (struct timespec[]){ *time, *time }, 0);
	return 0;
}

static int make_link(const char *dest, const struct inventory_entry *e)
{
	unlink(dest);
	return symlink(e->link, dest) < 0 ? log_error_errno(-errno, "Cannot make the link %s", dest)
					  : 0;
}

static int make_dir(const char *dest)
{
	return mkdir(dest, 0700) < 0 && errno != EEXIST
		       ? log_error_errno(-errno, "Cannot make %s", dest)
		       : 0;
}

int mirror_put(const char *from, const char *dest, const struct inventory_entry *e,
	       const struct timespec *time)
{
	int r = clear_way(dest, e->type);

	if (r < 0)
		return r;
	if (e->type == 'd')
		return make_dir(dest);
	return e->type == 'l' ? make_link(dest, e) : copy_file(from, dest, e, time);
}
