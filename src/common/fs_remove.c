// SPDX-License-Identifier: GPL-2.0-only
/* Removes folders through descriptors: no name is looked up twice. */
#include "common/fs.h"

#include "common/cleanup.h"
#include "common/strv.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 500 /* each level takes a descriptor */

static int remove_in(int dir, const char *name, dev_t device, int depth);

/* Removes what is in the folder; closes it. */
static int empty(int fd, dev_t device, int depth)
{
	_cleanup_close_ int dir = fcntl(fd, F_DUPFD_CLOEXEC, 3); /* fs_list_fd() closes the other */
	_cleanup_strv_ char **names = NULL;
	int r = fs_list_fd(fd, &names);

	if (dir < 0)
		return -errno;
	strv_foreach (name, names) {
		if (r < 0)
			break;
		r = remove_in(dir, *name, device, depth);
	}
	return r;
}

/* `device`: the file system to stay on; 0: any. */
static int remove_in(int dir, const char *name, dev_t device, int depth)
{
	struct stat st;
	int fd, r;

	if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -errno;
	if (depth == DEPTH_MAX)
		return -ELOOP;
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || (device && st.st_dev != device)) {
		close(fd);
		return -EBUSY;
	}
	r = empty(fd, st.st_dev, depth + 1);
	if (r == 0 && unlinkat(dir, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		r = -errno;
	return r;
}

int fs_remove_at(int dir, const char *name)
{
	return remove_in(dir, name, 0, 0);
}

int fs_remove_tree(const char *path)
{
	return remove_in(AT_FDCWD, path, 0, 0);
}
