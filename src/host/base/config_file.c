// SPDX-License-Identifier: GPL-2.0-only
#include "host/base/config_file.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "host/base/owner.h"
#include "host/base/paths.h"
#include "host/base/project.h"
#include "host/base/shell_word.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX (1024 * 1024)
#define FLAGS    (O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC) /* it may be a fifo */

static int ignore_file(const char *path, const struct stat *st)
{
	_cleanup_free_ char *problem = owner_problem(st), *word = shell_word(path);
	bool ours = st->st_uid == geteuid() || st->st_uid == 0;

	log_warn("Ignoring %s: %s", path, problem);
	if (ours)
		log_hint("If what it says is right, run chmod go-w %s", word);
	else
		log_hint("Copy what you want from it to an outpost.conf of your own");
	return -EPERM;
}

/* What a link of the user or root leads to. */
static int open_target(const char *path, struct stat *st)
{
	_cleanup_close_ int link = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	_cleanup_free_ char *dir = NULL, *whole = NULL;
	char target[PATH_MAX];
	ssize_t n = link < 0 ? -1 : readlinkat(link, "", target, sizeof(target) - 1);
	int fd;

	if (n < 0 || fstat(link, st) < 0)
		return -errno;
	if (!owner_is_trusted(st))
		return -EPERM;
	target[n] = '\0';
	dir = xstrndup(path, (size_t)(strrchr(path, '/') - path));
	whole = *target == '/' ? xstrdup(target) : path_join(dir, target, NULL);
	fd = open(whole, FLAGS);
	return fd < 0 ? -errno : fd;
}

/* Opens it once; all that is checked and read is this descriptor. */
static int open_file(const char *path, struct stat *st)
{
	_cleanup_close_ int fd = open(path, FLAGS | O_NOFOLLOW);
	int r = fd < 0 ? -errno : 0;

	if (r == -ELOOP) {
		fd = open_target(path, st);
		r = fd < 0 ? fd : 0;
	}
	if (r == 0 && fstat(fd, st) < 0)
		r = -errno;
	if (r == 0)
		return owner_is_trusted(st) ? TAKE_FD(fd) : -EPERM;
	/* A file of another user that cannot even be opened must not be an error. */
	if (r != -ENOENT && r != -EPERM && lstat(path, st) == 0 && !owner_is_trusted(st))
		r = -EPERM;
	return r;
}

int config_file_read(const char *path, struct strbuf *text)
{
	struct stat st;
	_cleanup_close_ int fd = open_file(path, &st);
	_cleanup_free_ char *name = NULL;
	int r = fd;

	if (fd == -ENOENT && !fs_is_there(path))
		return fd;
	if (fd == -ENOENT) {
		log_error("Cannot read %s: it is a link to a missing file", path);
		return -EINVAL;
	}
	if (fd == -EPERM)
		return ignore_file(path, &st);
	if (fd >= 0 && !S_ISREG(st.st_mode))
		r = S_ISDIR(st.st_mode) ? -EISDIR : -ENOTREGULAR;
	name = xasprintf("/proc/self/fd/%d", fd);
	if (r >= 0)
		r = fs_read(name, text, FILE_MAX);
	return r < 0 ? log_error_errno(r, "Cannot read %s", path) : 0;
}

static bool is_other_file_system(const char *dir)
{
	_cleanup_free_ char *up = path_join(dir, "..", NULL);
	struct stat here, above;

	return stat(dir, &here) < 0 || stat(up, &above) < 0 || here.st_dev != above.st_dev;
}

/* Whoever can write above this folder does not decide what happens in it. */
static bool is_last(const char *dir)
{
	_cleanup_free_ char *git = path_join(dir, ".git", NULL);

	return fs_exists(git) || project_is_too_wide(dir) || is_other_file_system(dir);
}

int config_file_find(char **path, struct strbuf *text)
{
	_cleanup_free_ char *dir = realpath(".", NULL);

	*path = NULL;
	while (dir) {
		_cleanup_free_ char *file = path_join(dir, "outpost.conf", NULL);
		int r = config_file_read(file, text);
		char *slash = strrchr(dir, '/');

		if (r == 0)
			*path = TAKE_PTR(file);
		if (r != -ENOENT && r != -EPERM)
			return r;
		if (is_last(dir))
			return 0;
		slash[slash == dir] = '\0';
	}
	return 0;
}
