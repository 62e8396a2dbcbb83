// SPDX-License-Identifier: GPL-2.0-only
#include "common/beneath.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/strv.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RETRY_LIMIT 1000
#define DEPTH_MAX   100
#define COPY_MAX    (1LL << 30)

int beneath_root(const char *path)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/*
 * If anything on this machine is renamed or mounted while the kernel follows a "..", it returns
 * -EAGAIN.
 */
static int open_at(int root, const char *name, int flags, mode_t mode, uint64_t resolve)
{
	struct open_how how = { .flags = (uint64_t)(flags | O_CLOEXEC),
				.mode = flags & O_CREAT ? mode : 0,
				.resolve = resolve | RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };
	int fd, tries = 0;

	do
		fd = (int)syscall(SYS_openat2, root, name, &how, sizeof(how));
	while (fd < 0 && errno == EAGAIN && ++tries < RETRY_LIMIT);
	return fd < 0 ? -errno : fd;
}

int beneath_open(int root, const char *name, int flags, mode_t mode)
{
	return open_at(root, name, flags | O_NOFOLLOW, mode, RESOLVE_NO_SYMLINKS);
}

int beneath_follow(int root, const char *name, int flags)
{
	return open_at(root, name, flags, 0, 0);
}

/* --- one name ------------------------------------------------------------------------ */

/*
 * Opens the folder that `name` is in, and sets *last to its last component. Returns the
 * descriptor; -EINVAL if that is "..", for which the kernel checks nothing.
 */
static int open_parent(int root, const char *name, const char **last)
{
	const char *slash = strrchr(name, '/');
	_cleanup_free_ char *dir = slash ? xstrndup(name, (size_t)(slash - name)) : NULL;

	*last = slash ? slash + 1 : name;
	if (!**last || strcmp(*last, ".") == 0 || strcmp(*last, "..") == 0)
		return -EINVAL;
	return beneath_open(root, dir ? dir : ".", O_PATH | O_DIRECTORY, 0);
}

int beneath_stat(int root, const char *name, struct stat *st)
{
	const char *last;
	_cleanup_close_ int dir = open_parent(root, name, &last);

	if (dir < 0)
		return dir;
	return fstatat(dir, last, st, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

bool beneath_exists(int root, const char *name)
{
	struct stat st;

	return beneath_stat(root, name, &st) == 0;
}

int beneath_remove(int root, const char *name)
{
	const char *last;
	_cleanup_close_ int dir = open_parent(root, name, &last);

	if (dir < 0)
		return dir == -ENOENT ? 0 : dir;
	return fs_remove_at(dir, last);
}

int beneath_put_link(int root, const char *name, const char *target)
{
	const char *last;
	_cleanup_close_ int dir = open_parent(root, name, &last);

	if (dir < 0)
		return dir;
	if (unlinkat(dir, last, 0) < 0 && errno != ENOENT)
		return -errno;
	return symlinkat(target, dir, last) < 0 ? -errno : 0;
}

static int make_dir(int root, const char *name, mode_t mode)
{
	const char *last;
	_cleanup_close_ int dir = open_parent(root, name, &last);

	if (dir < 0)
		return dir;
	return mkdirat(dir, last, mode) < 0 && errno != EEXIST ? -errno : 0;
}

int beneath_mkdir_p(int root, const char *name, mode_t mode)
{
	_cleanup_free_ char *path = xstrdup(name);
	int r = 0, fd;

	for (char *p = strchr(path, '/'); p && r == 0; p = strchr(p + 1, '/')) {
		*p = '\0';
		r = make_dir(root, path, mode);
		*p = '/';
	}
	if (r == 0)
		r = make_dir(root, path, mode);
	if (r < 0)
		return r;
	fd = beneath_open(root, name, O_PATH | O_DIRECTORY, 0);
	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

/* --- content ------------------------------------------------------------------------- */

/* Opening a pipe may wait forever, and opening a device may do something: looks first. */
static int open_regular(int root, const char *name, bool follow)
{
	_cleanup_close_ int fd =
		follow ? beneath_follow(root, name, O_PATH) : beneath_open(root, name, O_PATH, 0);
	char path[32];
	struct stat st;
	int file;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return S_ISLNK(st.st_mode) ? -ELOOP : -EINVAL;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	file = open(path, O_RDONLY | O_CLOEXEC);
	return file < 0 ? -errno : file;
}

int beneath_create(int root, const char *name, mode_t mode)
{
	const char *last;
	_cleanup_close_ int dir = open_parent(root, name, &last);
	int fd;

	if (dir < 0)
		return dir;
	if (unlinkat(dir, last, 0) < 0 && errno != ENOENT)
		return -errno;
	fd = openat(dir, last, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	return fd < 0 ? -errno : fd;
}

int beneath_read(int root, const char *name, struct strbuf *out, size_t max)
{
	_cleanup_close_ int fd = open_regular(root, name, false);

	return fd < 0 ? fd : fs_read_fd(fd, out, max);
}

int beneath_read_linked(int root, const char *name, struct strbuf *out, size_t max)
{
	_cleanup_close_ int fd = open_regular(root, name, true);

	return fd < 0 ? fd : fs_read_fd(fd, out, max);
}

int beneath_write(int root, const char *name, const void *data, size_t n, mode_t mode)
{
	_cleanup_close_ int fd = beneath_create(root, name, mode);

	return fd < 0 ? fd : fs_write_all(fd, data, n);
}

int beneath_copy_in(int root, const char *name, const char *from)
{
	_cleanup_close_ int in = open(from, O_RDONLY | O_CLOEXEC), out = -1;
	struct stat st;

	if (in < 0 || fstat(in, &st) < 0)
		return -errno;
	out = beneath_create(root, name, st.st_mode & 0777);
	return out < 0 ? out : fs_copy_file(in, out);
}

int beneath_copy_out(int root, const char *name, const char *to)
{
	_cleanup_free_ char *temporary = xasprintf("%s.XXXXXX", to);
	_cleanup_close_ int in = open_regular(root, name, true), out = -1;
	struct stat st;
	int r;

	if (in < 0)
		return in;
	if (fstat(in, &st) < 0)
		return -errno;
	if (st.st_size > COPY_MAX)
		return -EFBIG;
	out = mkostemp(temporary, O_CLOEXEC);
	if (out < 0)
		return -errno;
	r = fs_copy_file(in, out);
	if (r == 0 && rename(temporary, to) < 0)
		r = -errno;
	if (r < 0)
		unlink(temporary);
	return r;
}

/* --- folders ------------------------------------------------------------------------- */

static int open_dir(int root, const char *name)
{
	return beneath_open(root, *name ? name : ".", O_RDONLY | O_DIRECTORY, 0);
}

int beneath_list(int root, const char *name, char ***names)
{
	int fd = open_dir(root, name);

	return fd < 0 ? fd : fs_list_fd(fd, names);
}

struct find {
	const char *pattern;
	char **found;
	size_t n;
};

/* Closes `dir`, the folder `path`. */
static void find(struct find *f, int dir, const char *path, int depth)
{
	_cleanup_close_ int fd = dir < 0 ? -1 : fcntl(dir, F_DUPFD_CLOEXEC, 3);
	_cleanup_strv_ char **names = NULL;

	if (dir < 0 || fs_list_fd(dir, &names) < 0 || fd < 0)
		return;
	strv_foreach (name, names) {
		_cleanup_free_ char *child =
			*path ? xasprintf("%s/%s", path, *name) : xstrdup(*name);
		struct stat st;

		if (fstatat(fd, *name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode)) {
			if (depth < DEPTH_MAX)
				find(f,
				     openat(fd, *name,
					    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
				     child, depth + 1);
		} else if (fnmatch(f->pattern, *name, 0) == 0) {
			GROW(f->found, f->n);
			f->found[f->n++] = TAKE_PTR(child);
		}
	}
}

char **beneath_find(int root, const char *dir, const char *pattern)
{
	struct find f = { .pattern = pattern };

	find(&f, open_dir(root, dir), dir, 0);
	GROW(f.found, f.n);
	f.found[f.n] = NULL;
	return f.found;
}
