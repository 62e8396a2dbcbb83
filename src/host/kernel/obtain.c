// SPDX-License-Identifier: GPL-2.0-only
/* A tree is created beside the others, verified, and moved into place by rename. */
#include "host/kernel/kernel.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/fs_walk.h"
#include "common/lock.h"
#include "common/log.h"
#include "common/strv.h"
#include "host/board/board.h"
#include "host/container/buildenv.h"
#include "host/kernel/internal.h"
#include "host/base/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const struct kernel_source *const kernel_sources[] = {
	&kernel_source_debian,
	&kernel_source_board,
	&kernel_source_git,
	NULL,
};

bool kernel_source_asks_board(const char *source)
{
	for (size_t i = 0; kernel_sources[i]; i++)
		if (strcmp(kernel_sources[i]->name, source) == 0)
			return kernel_sources[i]->asks_board;
	return false;
}

int kernel_lock(void)
{
	_cleanup_free_ char *dir = path_cache("trees", NULL), *path = path_join(dir, ".lock", NULL);
	int r = fs_mkdir_p(dir, 0755);

	if (r < 0)
		return log_error_errno(r, "Cannot create %s", dir);
	return lock_take(path, "is working on kernel trees");
}

/* Leftovers of an interrupted process: nobody else is working, we hold the lock. */
static void remove_half_made(const char *dir)
{
	_cleanup_strv_ char **names = NULL;

	if (fs_list(dir, &names) < 0)
		return;
	strv_foreach (name, names) {
		_cleanup_free_ char *path = path_join(dir, *name, NULL);

		if (strncmp(*name, ".new-", 5) == 0)
			fs_remove_tree(path);
	}
}

/* Files only: entries of a read-only folder could not be removed. */
static int make_read_only(const struct fs_entry *entry, void *arg)
{
	(void)arg;
	return entry->kind == FS_FILE && chmod(entry->path, entry->st->st_mode & 07555) < 0 ? -errno
											    : 0;
}

/* Everything is on disk before the tree gets its name, so that a power cut does no harm. */
static int put_in_place(const char *dir, const char *root)
{
	_cleanup_close_ int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || syncfs(fd) < 0 || chmod(dir, 0755) < 0 || rename(dir, root) < 0)
		return log_error_errno(-errno, "Cannot move the kernel tree to %s", root);
	return 0;
}

static struct kernel_place place_of(const struct kernel_source *source,
				    const struct kernel_wanted *wanted)
{
	return (struct kernel_place){ wanted->env, source == &kernel_source_board };
}

static int complete(const struct kernel_source *source, const struct kernel_wanted *wanted,
		    const char *dir, const char *below)
{
	_cleanup_(kernel_manifest_release) struct kernel_manifest m = { 0 };
	_cleanup_free_ char *build = path_join(dir, below, NULL),
			    *name = kernel_name(source->asks_board ? wanted->board : NULL,
						wanted->release),
			    *root = kernel_root(name);
	const struct kernel_place place = place_of(source, wanted);
	int r = kernel_verify(&place, build, wanted->release);

	if (r < 0)
		return r;
	r = kernel_config_value(build, "CONFIG_CC_VERSION_TEXT", &m.compiler);
	if (r == 0)
		r = kernel_symvers_digest(build, &m.symvers);
	if (r < 0)
		return log_error_errno(r, "Cannot read %s", build);
	m.release = xstrdup(wanted->release);
	m.board = source->asks_board ? xstrdup(wanted->board->name) : NULL;
	m.source = xstrdup(source->name);
	m.build = xstrdup(below);
	r = fs_walk(dir, FS_FOLDER_FIRST, make_read_only, NULL);
	if (r < 0)
		return log_error_errno(r, "Cannot protect %s", dir);
	r = kernel_content_record(dir, &m.content);
	if (r == 0)
		r = kernel_manifest_write(dir, &m);
	return r < 0 ? r : put_in_place(dir, root);
}

static int obtain_from(const struct kernel_source *source, struct kernel_wanted *wanted,
		       const char *trees, struct strbuf *why)
{
	_cleanup_free_ char *dir = path_join(trees, ".new-XXXXXX", NULL), *below = NULL;
	const struct kernel_place place = place_of(source, wanted);
	int r;

	if (!mkdtemp(dir))
		return log_error_errno(-errno, "Cannot create a folder in %s", trees);
	r = source->obtain(wanted, dir, &below, why);
	if (r == KERNEL_FOUND)
		r = kernel_mend(&place, dir, below);
	if (r == KERNEL_FOUND)
		r = complete(source, wanted, dir, below);
	if (r != KERNEL_FOUND)
		fs_remove_tree(dir);
	return r;
}

/* kbuild refuses such paths with a message that does not help. */
static int check_path(const char *dir)
{
	if (!strpbrk(dir, " :"))
		return 0;
	log_error("kbuild cannot work in %s: the path contains a blank or a colon", dir);
	log_hint("Set XDG_CACHE_HOME to a folder without them");
	return -EINVAL;
}

/* Tries each source in order; `why` collects the reasons of those that have none. */
static int obtain_from_any(struct kernel_wanted *wanted, const char *trees, struct strbuf *why)
{
	for (size_t i = 0; kernel_sources[i]; i++) {
		_cleanup_(strbuf_release) struct strbuf reason = STRBUF_INIT;
		int r = KERNEL_NONE;

		if (!wanted->only || wanted->only == kernel_sources[i])
			r = obtain_from(kernel_sources[i], wanted, trees, &reason);
		if (r != KERNEL_NONE)
			return r;
		if (reason.len)
			strbuf_addf(why, "%s%s", why->len ? "; " : "", reason.buf);
	}
	return KERNEL_NONE;
}

static int say_none(const struct kernel_wanted *wanted, const struct strbuf *why)
{
	log_error("No source has a kernel tree for '%s'%s%s", wanted->release, why->len ? ": " : "",
		  why->buf);
	if (wanted->needs_consent)
		kernel_sent_hint(wanted);
	else if (wanted->session)
		log_hint(
			"Install the kernel headers on %s (apt-get install "
			"linux-headers-%s), or run outpost kernel add PATH with a tree that you built",
			wanted->board->name, wanted->release);
	else
		log_hint(
			"outpost -b BOARD kernel sync gets the tree of a board; outpost kernel add "
			"gets Debian's newest arm64 kernel, outpost kernel add PATH a tree that you "
			"built");
	return -ENOENT;
}

int kernel_obtain_wanted(struct kernel_wanted *wanted, struct kernel_tree **tree)
{
	_cleanup_free_ char *trees = path_cache("trees", NULL);
	_cleanup_(strbuf_release) struct strbuf why = STRBUF_INIT;
	_cleanup_close_ int lock = -1;
	int r = kernel_find_wanted(wanted, tree);

	if (r != KERNEL_NONE)
		return r;
	r = kernel_check_release(wanted->release);
	if (r == 0)
		r = check_path(trees);
	if (r < 0)
		return r;
	lock = kernel_lock();
	if (lock < 0)
		return lock;
	r = kernel_find_wanted(wanted, tree); /* another process may have created it meanwhile */
	if (r != KERNEL_NONE)
		return r;
	remove_half_made(trees);
	r = obtain_from_any(wanted, trees, &why);
	if (r < 0)
		return r;
	if (r == KERNEL_FOUND) {
		close(TAKE_FD(lock));
		kernel_expire(buildenv_config(wanted->env));
		r = kernel_find_wanted(wanted, tree);
	}
	return r == KERNEL_NONE ? say_none(wanted, &why) : r;
}

int kernel_obtain(struct buildenv *env, const struct board *board, const char *release,
		  struct kernel_tree **tree)
{
	return kernel_obtain_wanted(
		&(struct kernel_wanted){ .env = env, .board = board, .release = release }, tree);
}
