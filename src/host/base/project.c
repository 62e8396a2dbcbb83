// SPDX-License-Identifier: GPL-2.0-only
#include "host/base/project.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "host/base/owner.h"
#include "host/base/paths.h"

#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool reaches(const char *dir, const char *home)
{
	_cleanup_free_ char *real = home && *home == '/' ? realpath(home, NULL) : NULL;

	return real && fs_is_within(real, dir);
}

/* $HOME may have been set to another folder, for a test or by sudo. Both count. */
bool project_is_too_wide(const char *dir)
{
	const struct passwd *pw = getpwuid(getuid());

	return strcmp(dir, "/") == 0 || reaches(dir, getenv("HOME")) ||
	       reaches(dir, pw ? pw->pw_dir : NULL);
}

/* A .git of another user, in /tmp for example, must not make /tmp the project. */
static bool is_work_tree(const char *dir)
{
	_cleanup_free_ char *git = path_join(dir, ".git", NULL);

	return owner_is_trusted_at(git) && owner_is_trusted_at(dir);
}

static bool cut_last(char *path)
{
	char *slash = strrchr(path, '/');

	if (!slash || slash == path)
		return false;
	*slash = '\0';
	return true;
}

char *project_root(const char *path)
{
	_cleanup_free_ char *real = realpath(path, NULL), *up = NULL;
	struct stat start, st;

	if (!real)
		return xstrdup(path);
	if (!fs_is_dir(real))
		cut_last(real);
	if (stat(real, &start) < 0)
		return TAKE_PTR(real);
	up = xstrdup(real);
	do {
		if (stat(up, &st) < 0 || st.st_dev != start.st_dev || project_is_too_wide(up))
			break;
		if (is_work_tree(up))
			return TAKE_PTR(up);
	} while (cut_last(up));
	return TAKE_PTR(real);
}
