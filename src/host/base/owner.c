// SPDX-License-Identifier: GPL-2.0-only
#include "host/base/owner.h"

#include "common/alloc.h"
#include "common/cleanup.h"

#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

static bool is_ours_or_roots(const struct stat *st)
{
	return st->st_uid == 0 || st->st_uid == geteuid();
}

/* As pam_umask(8) and useradd(8) make it: each user has a group of his own. */
static bool is_private_group(gid_t gid, uid_t owner)
{
	const struct passwd *pw = getpwuid(owner);
	const struct group *gr;

	if (!pw || pw->pw_gid != gid)
		return false;
	gr = getgrgid(gid);
	if (!gr || strcmp(gr->gr_name, pw->pw_name) != 0)
		return false;
	for (char **member = gr->gr_mem; *member; member++)
		if (strcmp(*member, pw->pw_name) != 0)
			return false;
	return true;
}

static bool others_write(const struct stat *st)
{
	if (S_ISLNK(st->st_mode))
		return false;
	return st->st_mode & S_IWOTH ||
	       (st->st_mode & S_IWGRP && !is_private_group(st->st_gid, st->st_uid));
}

bool owner_is_trusted(const struct stat *st)
{
	return is_ours_or_roots(st) && !others_write(st);
}

bool owner_is_trusted_at(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && owner_is_trusted(&st);
}

char *owner_problem(const struct stat *st)
{
	const struct passwd *pw = getpwuid(st->st_uid);

	if (is_ours_or_roots(st))
		return xstrdup("other users can write to it");
	if (pw)
		return xasprintf("it belongs to another user (%s)", pw->pw_name);
	return xasprintf("it belongs to another user (%u)", (unsigned int)st->st_uid);
}
