// SPDX-License-Identifier: GPL-2.0-only
#include "host/cmd/file_watch.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/strv.h"
#include "host/base/paths.h"

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <poll.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#define QUIET_MS  20   /* without an event for so long, the burst is over */
#define BURST_MS  1000 /* limit for something that never stops writing */
#define MAX_DEPTH 40

/* Not IN_MODIFY: a file that is still being written cannot be built yet. */
#define EVENTS \
	(IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE | IN_DELETE_SELF)

/* A path from the caller. `name`: the one file in `folder` to watch, or NULL: all of them. */
struct root {
	char *folder, *name;
	int wd; /* of the folder, for a single file */
};

struct file_watch {
	int fd;
	struct root *roots;
	size_t n;
};

bool file_watch_counts(const char *name)
{
	/*
	 * Temporary files of Vim, Emacs and others; files that a kernel build leaves in the
	 * sources.
	 */
	static const char *const others[] = {
		".*",   "*~",    "#*#",     "*.sw[a-z]",     "*.tmp",          "*.o",
		"*.ko", "*.mod", "*.mod.c", "modules.order", "Module.symvers",
	};
	size_t digits = strspn(name, "0123456789");

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (fnmatch(others[i], name, 0) == 0)
			return false;
	return name[digits] !=
	       '\0'; /* Vim creates a file called 4913 to test whether the folder is writable */
}

/* --- what is watched --------------------------------------------------------------- */

static int say_limit(int r, const char *path)
{
	log_error_errno(r, "Cannot watch %s", path);
	if (r == -ENOSPC)
		log_hint("As root, run sysctl fs.inotify.max_user_watches=524288");
	return r;
}

/* Watches a folder and its subfolders. Adding a watch twice has no effect. */
static int add_folder(const struct file_watch *s, const char *path, int depth)
{
	_cleanup_strv_ char **names = NULL;
	int r = 0;

	if (inotify_add_watch(s->fd, path, EVENTS | IN_ONLYDIR) < 0)
		/* It may have been removed since it was listed. */
		return depth && (errno == ENOENT || errno == ENOTDIR) ? 0 : say_limit(-errno, path);
	if (depth > MAX_DEPTH || fs_list(path, &names) < 0)
		return 0;
	strv_foreach (name, names) {
		_cleanup_free_ char *child = path_join(path, *name, NULL);
		struct stat st;

		if (**name != '.' && lstat(child, &st) == 0 && S_ISDIR(st.st_mode))
			r = add_folder(s, child, depth + 1);
		if (r < 0)
			return r;
	}
	return 0;
}

static int watch_root(const struct file_watch *s, struct root *root)
{
	if (!root->name)
		return add_folder(s, root->folder, 0);
	root->wd = inotify_add_watch(s->fd, root->folder, EVENTS | IN_ONLYDIR);
	return root->wd < 0 ? say_limit(-errno, root->folder) : 0;
}

/* Watches everything again: folders come and go. */
static int watch_all(struct file_watch *s)
{
	int r = 0;

	for (size_t i = 0; i < s->n && r == 0; i++)
		r = watch_root(s, &s->roots[i]);
	return r;
}

static bool is_covered(const struct file_watch *s, const char *real)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct root *root = &s->roots[i];
		size_t n = strlen(root->folder);

		if (strncmp(real, root->folder, n) != 0 || (real[n] != '/' && real[n] != '\0'))
			continue;
		if (!root->name || (real[n] && strcmp(real + n + 1, root->name) == 0))
			return true;
	}
	return false;
}

int file_watch_add(struct file_watch *s, const char *path)
{
	struct root root = { .folder = realpath(path, NULL), .wd = -1 };
	char *slash;

	if (!root.folder)
		return log_error_errno(-errno, "Cannot watch %s", path);
	if (is_covered(s, root.folder)) {
		free(root.folder);
		return 0;
	}
	if (!fs_is_dir(root.folder)) {
		slash = strrchr(root.folder, '/');
		root.name = xstrdup(slash + 1);
		*slash = '\0';
	}
	GROW(s->roots, s->n);
	s->roots[s->n] = root;
	return watch_root(s, &s->roots[s->n++]);
}

int file_watch_open(char *const *paths, struct file_watch **saves)
{
	struct file_watch *s = xcalloc(1, sizeof(*s));
	int r = 0;

	s->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (s->fd < 0)
		r = log_error_errno(-errno, "Cannot watch files (inotify)");
	strv_foreach (path, paths)
		if (r == 0)
			r = file_watch_add(s, *path);
	if (r < 0)
		file_watch_close(s);
	else
		*saves = s;
	return r;
}

void file_watch_close(struct file_watch *s)
{
	if (s->fd >= 0)
		close(s->fd);
	for (size_t i = 0; i < s->n; i++) {
		free(s->roots[i].folder);
		free(s->roots[i].name);
	}
	free(s->roots);
	free(s);
}

int file_watch_fd(const struct file_watch *s)
{
	return s->fd;
}

/* --- what happened ----------------------------------------------------------------- */

/* The folder of a single file may also be watched itself. */
static bool is_save(const struct file_watch *s, const struct inotify_event *event)
{
	bool single = false;

	if (event->mask & (IN_Q_OVERFLOW | IN_DELETE_SELF))
		return true;
	if (event->mask & IN_IGNORED || !event->len)
		return false;
	for (size_t i = 0; i < s->n; i++) {
		if (s->roots[i].wd != event->wd)
			continue;
		if (strcmp(s->roots[i].name, event->name) == 0)
			return !(event->mask & IN_CREATE);
		single = true;
	}
	/* A new file is still empty; a new folder may have been filled before it was watched. */
	if (event->mask & IN_CREATE && !(event->mask & IN_ISDIR))
		return false;
	return !single && file_watch_counts(event->name);
}

/* Reads all pending events. 1 if one of them is a save. */
static int read_events(const struct file_watch *s)
{
	_Alignas(struct inotify_event) char buffer[16 * 1024];
	int found = 0;
	ssize_t n;

	while ((n = read(s->fd, buffer, sizeof(buffer))) > 0) {
		const struct inotify_event *event;

		for (char *p = buffer; p < buffer + n; p += sizeof(*event) + event->len) {
			event = (const struct inotify_event *)p;
			found |= is_save(s, event);
		}
	}
	return found;
}

int file_watch_take(struct file_watch *s)
{
	struct pollfd fd = { .fd = s->fd, .events = POLLIN };
	long long end = monotonic_ms() + BURST_MS;
	int r;

	if (!read_events(s))
		return 0;
	while (monotonic_ms() < end && poll(&fd, 1, QUIET_MS) > 0)
		read_events(s);
	/*
	 * Whatever was put into a new folder before it was watched is built now; anything
	 * later is an event.
	 */
	r = watch_all(s);
	return r < 0 ? r : 1;
}
