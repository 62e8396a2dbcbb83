// SPDX-License-Identifier: GPL-2.0-only
#include "host/base/cache.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/lock.h"
#include "common/log.h"
#include "common/strv.h"
#include "host/base/paths.h"
#include "host/base/shell_word.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The last two are not part of the cache while it is in use. */
static const char lock_name[] = "lock", removed_name[] = "removed";

/* The caller frees *path. */
static int make_cache(char **path)
{
	_cleanup_free_ char *dir = path_cache("", NULL);
	int r = fs_mkdir_p(dir, 0700);

	if (r < 0)
		return log_error_errno(r, "Cannot create the folder %s", dir);
	*path = path_join(dir, lock_name, NULL);
	return 0;
}

int cache_use(void)
{
	_cleanup_free_ char *path = NULL;
	int r = make_cache(&path);

	return r < 0 ? r : lock_take_shared(path, "is removing the cache");
}

int cache_claim(void)
{
	_cleanup_free_ char *path = NULL;
	int r = make_cache(&path), fd;

	if (r == 0)
		r = lock_try(path, &fd);
	if (r == LOCK_TAKEN)
		return fd;
	if (r < 0)
		return r;
	log_error("Cannot remove the cache: another outpost is using it");
	log_hint("Wait until it ends, or stop it: is one building, testing or watching?");
	return -EBUSY;
}

/* podman may give a user more user ids, which a build can give to files. */
static int cannot_remove(const char *path, int r)
{
	_cleanup_free_ char *word = shell_word(path);

	log_error_errno(r, "Cannot remove %s", path);
	if (r == -EACCES || r == -EPERM)
		log_hint("If a build in the container made it, run podman unshare rm -rf %s", word);
	return r;
}

/* Moves it away first: a build that is removed in part would be taken for a whole one. */
static int remove_part(const char *name)
{
	_cleanup_free_ char *dir = path_cache(name, NULL), *away = path_cache(removed_name, NULL);
	int r = fs_remove_tree(away);

	if (r < 0)
		return cannot_remove(away, r);
	if (rename(dir, away) < 0)
		return errno == ENOENT ? 0 : log_error_errno(-errno, "Cannot remove %s", dir);
	r = fs_remove_tree(away);
	return r < 0 ? cannot_remove(away, r) : 0;
}

static int remove_all(void)
{
	_cleanup_free_ char *dir = path_cache("", NULL);
	_cleanup_strv_ char **names = NULL;
	int r = fs_list(dir, &names);

	if (r < 0)
		return log_error_errno(r, "Cannot read the folder %s", dir);
	for (char **name = names; r == 0 && name && *name; name++)
		if (strcmp(*name, lock_name) != 0)
			r = remove_part(*name);
	return r;
}

int cache_remove(bool all)
{
	return all ? remove_all() : remove_part("build");
}
