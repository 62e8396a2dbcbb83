// SPDX-License-Identifier: GPL-2.0-only
/* ~/development: see agent/base/dirs.h. All of it belongs to the login. */
#include "agent/provision/step.h"

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const folders[] = { "modules", "logs", "backups" };

static int make(struct provision *p, const char *path)
{
	int r;

	if (fs_is_dir(path))
		return 0;
	provision_note(p, "make %s", path);
	if (p->look)
		return 0;
	r = dirs_mkdir(p->dirs, path);
	return r < 0 ? provision_fail(p, r, "Cannot make %s: %s", path, log_reason(r)) : 0;
}

/* Only a folder that is empty: the rest is the user's. */
static int take_away(struct provision *p, const char *path)
{
	_cleanup_closedir_ DIR *dir = opendir(path);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			return 0;
	if (!dir)
		return 0;
	provision_note(p, "remove %s, which is empty", path);
	return p->look || rmdir(path) == 0 ? 0 : -errno;
}

static int walk_modules(struct provision *p, int (*one)(struct provision *p, const char *path))
{
	int r = 0;

	for (pb_size_t i = 0; r == 0 && i < p->request->modules_count; i++) {
		const char *name = p->request->modules[i];
		char path[DIRS_MAX];

		if (!dirs_plain(name))
			return provision_fail(p, -EINVAL, "\"%.64s\" cannot be a module", name);
		r = dirs_path(p->dirs, path, "modules/%s", name);
		if (r == 0)
			r = one(p, path);
	}
	return r;
}

static int change(struct provision *p)
{
	DIRS_AS_LOGIN(p->dirs);
	char path[DIRS_MAX];
	int r = p->undo ? walk_modules(p, take_away) : 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(folders); i++) {
		r = dirs_path(p->dirs, path, "%s", folders[i]);
		if (r == 0)
			r = p->undo ? take_away(p, path) : make(p, path);
	}
	return r < 0 || p->undo ? r : walk_modules(p, make);
}

/* The login must be able to work there, whoever made it. */
static int prove(struct provision *p)
{
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		char path[DIRS_MAX];
		struct stat st;

		if (dirs_path(p->dirs, path, "%s", folders[i]) < 0 || stat(path, &st) < 0)
			return provision_fail(p, -ENOENT, "%s is missing", folders[i]);
		if (st.st_uid != p->dirs->uid)
			return provision_fail(
				p, -EPERM, "%s belongs to another user (uid %u): sudo chown %u it",
				path, st.st_uid, p->dirs->uid);
	}
	return 0;
}

const struct board_step step_folders = {
	.name = "folders",
	.change = change,
	.prove = prove,
};
