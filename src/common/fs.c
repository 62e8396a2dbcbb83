// SPDX-License-Identifier: GPL-2.0-only
#include "common/fs.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/strv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int fs_read_fd(int fd, struct strbuf *out, size_t max)
{
	size_t start = out->len;

	for (;;) {
		ssize_t n;

		strbuf_grow(out, 64 * 1024);
		n = read(fd, out->buf + out->len, 64 * 1024);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return 0;
		out->len += (size_t)n;
		out->buf[out->len] = '\0';
		if (max && out->len - start > max)
			return -EFBIG;
	}
}

int fs_open_regular(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return errno == ENXIO ? -ENOTREGULAR : -errno; /* a socket */
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR : -ENOTREGULAR;
	return TAKE_FD(fd);
}

int fs_read(const char *path, struct strbuf *out, size_t max)
{
	_cleanup_close_ int fd = fs_open_regular(path);

	return fd < 0 ? fd : fs_read_fd(fd, out, max);
}

int fs_read_trimmed(const char *path, struct strbuf *out, size_t max)
{
	int r = fs_read(path, out, max);

	if (r < 0)
		return r;
	while (out->len && out->buf[out->len - 1] == '\n')
		out->buf[--out->len] = '\0';
	return 0;
}

int fs_write_all(int fd, const void *data, size_t n)
{
	const char *p = data;

	while (n) {
		ssize_t done = write(fd, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -errno;
		p += done;
		n -= (size_t)done;
	}
	return 0;
}

static int write_and_sync(int fd, const void *data, size_t n, mode_t mode)
{
	int r = fs_write_all(fd, data, n);

	if (r < 0)
		return r;
	if (fchmod(fd, mode) < 0 || fsync(fd) < 0)
		return -errno;
	return 0;
}

/* mkostemp(3) replaces the X with letters and digits. */
#define TEMPORARY    ".XXXXXX"
#define ALPHANUMERIC "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

int fs_write_atomic(const char *path, const void *data, size_t n, mode_t mode)
{
	_cleanup_free_ char *temporary = xasprintf("%s" TEMPORARY, path);
	_cleanup_close_ int fd = mkostemp(temporary, O_CLOEXEC);
	int r;

	if (fd < 0)
		return -errno;
	r = write_and_sync(fd, data, n, mode);
	if (r == 0 && rename(temporary, path) < 0)
		r = -errno;
	if (r < 0)
		unlink(temporary);
	return r;
}

void fs_remove_torn(const char *path)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	_cleanup_free_ char *dir = slash ? xstrndup(path, (size_t)(slash - path)) : xstrdup(".");
	_cleanup_strv_ char **names = NULL;
	size_t n = strlen(base);

	if (fs_list(dir, &names) < 0)
		return;
	strv_foreach (name, names) {
		const char *end = *name + n;
		_cleanup_free_ char *file = NULL;

		if (strncmp(*name, base, n) != 0 || strlen(end) != strlen(TEMPORARY) ||
		    *end != '.' || strspn(end + 1, ALPHANUMERIC) != strlen(TEMPORARY) - 1)
			continue;
		file = xasprintf("%s/%s", dir, *name);
		unlink(file);
	}
}

int fs_write_existing(const char *path, const char *text)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return fs_write_all(fd, text, strlen(text));
}

int fs_mkdir_p(const char *path, mode_t mode)
{
	_cleanup_free_ char *copy = xstrdup(path);

	for (char *p = copy + 1; *copy; p++) {
		char c = *p;

		if (c != '/' && c != '\0')
			continue;
		*p = '\0';
		if (mkdir(copy, mode) < 0 && errno != EEXIST)
			return -errno;
		*p = c;
		if (c == '\0')
			break;
	}
	return fs_is_dir(path) ? 0 : -ENOTDIR;
}

/* Without the slashes at the end: open(2) follows a link whose name ends in one. */
static char *without_slashes(const char *path)
{
	char *copy = xstrdup(path);

	for (size_t n = strlen(copy); n > 1 && copy[n - 1] == '/'; n--)
		copy[n - 1] = '\0';
	return copy;
}

static int make_above(const char *path)
{
	_cleanup_free_ char *above = xstrdup(path);
	char *slash = strrchr(above, '/');

	if (!slash || slash == above)
		return 0;
	*slash = '\0';
	return fs_is_dir(above) ? 0 : fs_mkdir_p(above, 0700);
}

int fs_private_dir(const char *path)
{
	_cleanup_free_ char *dir = without_slashes(path);
	_cleanup_close_ int fd = -1;
	struct stat st;
	int r = make_above(dir);

	if (r == 0 && mkdir(dir, 0700) < 0 && errno != EEXIST)
		r = -errno;
	if (r < 0)
		return r;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (st.st_uid != geteuid() || st.st_mode & (S_IWGRP | S_IWOTH))
		return -EPERM;
	if (st.st_mode & (S_IRWXG | S_IRWXO) && fchmod(fd, S_IRWXU) < 0)
		return -errno;
	return 0;
}

bool fs_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

bool fs_is_there(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

bool fs_is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool fs_is_within(const char *path, const char *dir)
{
	size_t n = strcmp(dir, "/") == 0 ? 0 : strlen(dir);

	return strncmp(path, dir, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

int fs_copy_data(int in, int out)
{
	char buffer[16 * 1024];
	ssize_t n;
	int r = 0;

	while (copy_file_range(in, NULL, out, NULL, 1 << 30, 0) > 0)
		;
	/* Copy the rest: the kernel copies neither between file systems nor out of pstore. */
	while (r == 0 && (n = read(in, buffer, sizeof(buffer))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		r = n < 0 ? -errno : fs_write_all(out, buffer, (size_t)n);
	}
	return r;
}

int fs_copy_file(int in, int out)
{
	struct stat st;
	int r = fstat(in, &st) < 0 ? -errno : fs_copy_data(in, out);

	if (r == 0 && futimens(out, (struct timespec[]){ st.st_atim, st.st_mtim }) < 0)
		r = -errno;
	return r;
}

int fs_copy(const char *from, const char *to)
{
	_cleanup_close_ int in = fs_open_regular(from);
	_cleanup_close_ int out = -1;
	struct stat st;

	if (in < 0)
		return in;
	if (fstat(in, &st) < 0)
		return -errno;
	out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, st.st_mode & 0777);
	return out < 0 ? -errno : fs_copy_file(in, out);
}

bool fs_is_link_to(const char *path, const char *target)
{
	char found[PATH_MAX];
	ssize_t n = readlink(path, found, sizeof(found));

	return n == (ssize_t)strlen(target) && memcmp(found, target, (size_t)n) == 0;
}

int fs_put_link(const char *path, const char *target)
{
	if (fs_is_link_to(path, target))
		return 0;
	if (unlink(path) < 0 && errno != ENOENT)
		return -errno;
	return symlink(target, path) < 0 ? -errno : 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* strv_add() would look at all names each time, of which somebody may have made a million. */
int fs_list_fd(int fd, char ***names)
{
	_cleanup_closedir_ DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	char **found = NULL;
	struct dirent *entry;
	size_t n = 0;

	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		GROW(found, n);
		found[n++] = xstrdup(entry->d_name);
	}
	if (n)
		qsort(found, n, sizeof(*found), compare_names);
	GROW(found, n);
	found[n] = NULL;
	*names = found;
	return 0;
}

int fs_list(const char *path, char ***names)
{
	return fs_list_fd(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), names);
}

void fs_find(const char *dir, const char *pattern, char ***found)
{
	_cleanup_strv_ char **names = NULL;

	if (fs_list(dir, &names) < 0)
		return;
	strv_foreach (name, names) {
		_cleanup_free_ char *path = xasprintf("%s/%s", dir, *name);
		struct stat st;

		if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode))
			fs_find(path, pattern, found);
		else if (fnmatch(pattern, *name, 0) == 0)
			strv_add(found, path);
	}
}
