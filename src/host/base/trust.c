// SPDX-License-Identifier: GPL-2.0-only
#include "host/base/trust.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/lock.h"
#include "common/log.h"
#include "common/strbuf.h"
#include "common/strv.h"
#include "host/base/config.h"
#include "host/base/consent.h"
#include "host/base/owner.h"
#include "host/base/paths.h"
#include "host/base/project.h"
#include "host/base/shell_word.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX (1024 * 1024)

/* --- the file ------------------------------------------------------------------------ */

static char *trusted_path(void)
{
	return path_state("trusted", NULL);
}

static int read_list(struct strbuf *text)
{
	_cleanup_free_ char *path = trusted_path(), *name = NULL;
	_cleanup_close_ int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	int r;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || fstat(fd, &st) < 0)
		return log_error_errno(-errno, "Cannot read %s", path);
	if (!owner_is_trusted(&st)) {
		_cleanup_free_ char *problem = owner_problem(&st);

		log_error("Refusing to read %s: %s", path, problem);
		return -EPERM;
	}
	name = xasprintf("/proc/self/fd/%d", fd);
	r = fs_read(name, text, FILE_MAX);
	return r < 0 ? log_error_errno(r, "Cannot read %s", path) : 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int trust_list(char ***dirs)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r = read_list(&text);
	char *rest = text.buf;

	*dirs = xcalloc(1, sizeof(**dirs));
	if (r < 0)
		return r;
	for (char *line; (line = strsep(&rest, "\n"));)
		if (*line == '/')
			strv_add(dirs, line);
	qsort(*dirs, strv_length(*dirs), sizeof(**dirs), compare);
	return 0;
}

static int write_list(char *const *dirs, const char *without)
{
	_cleanup_free_ char *path = trusted_path();
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r;

	strv_foreach (dir, dirs)
		if (!without || strcmp(*dir, without) != 0)
			strbuf_addf(&text, "%s\n", *dir);
	r = fs_write_atomic(path, text.buf ? text.buf : "", text.len, 0600);
	return r < 0 ? log_error_errno(r, "Cannot write %s", path) : 0;
}

static int lock_list(void)
{
	_cleanup_free_ char *path = path_state("trusted.lock", NULL);
	int r = path_make_state();

	if (r < 0)
		return log_error_errno(r, "Cannot write %s", path);
	return lock_take(path, "changes what is trusted");
}

/* --- its entries ---------------------------------------------------------------------- */

/*
 * What others can write to, of `path` and the folders from there up to `top`: a folder that was
 * fine when it was added may have been opened since. NULL: nothing. The caller frees it.
 */
static char *find_unsafe(const char *path, const char *top)
{
	_cleanup_free_ char *dir = xstrdup(path);

	while (owner_is_trusted_at(dir)) {
		if (strlen(dir) <= strlen(top))
			return NULL;
		*strrchr(dir, '/') = '\0';
	}
	return TAKE_PTR(dir);
}

static bool covers(const char *listed, const char *path)
{
	_cleanup_free_ char *unsafe = NULL;

	if (!fs_is_within(path, listed))
		return false;
	unsafe = find_unsafe(path, listed);
	return !unsafe;
}

bool trust_has(const char *path)
{
	_cleanup_strv_ char **dirs = NULL;

	if (trust_list(&dirs) < 0)
		return false;
	strv_foreach (dir, dirs)
		if (covers(*dir, path))
			return true;
	return false;
}

/* Why the folder cannot be trusted, as part of a message; NULL: it can. */
static char *why_not(const char *dir)
{
	struct stat st;

	if (lstat(dir, &st) < 0)
		return xstrdup(strerror(errno));
	if (project_is_too_wide(dir))
		return xstrdup("your home folder is in it");
	if (strchr(dir, '\n'))
		return xstrdup("its path contains a newline");
	return owner_is_trusted(&st) ? NULL : owner_problem(&st);
}

int trust_add(const char *dir)
{
	_cleanup_free_ char *problem = why_not(dir);
	_cleanup_strv_ char **dirs = NULL;
	_cleanup_close_ int lock = -1;
	int r;

	if (problem) {
		log_error("Refusing to trust %s: %s", dir, problem);
		return -EPERM;
	}
	lock = lock_list();
	r = lock < 0 ? lock : trust_list(&dirs);
	if (r < 0 || strv_contains(dirs, dir))
		return r;
	strv_add(&dirs, dir);
	return write_list(dirs, NULL);
}

int trust_remove(const char *dir)
{
	_cleanup_strv_ char **dirs = NULL;
	_cleanup_close_ int lock = lock_list();
	int r = lock < 0 ? lock : trust_list(&dirs);

	if (r < 0)
		return r;
	return strv_contains(dirs, dir) ? write_list(dirs, dir) : -ENOENT;
}

/* -EPERM (logged) if others can write to it, so that there is nothing to ask; else 0. */
static int refuse(const char *path, const char *root, const char *why, const char *otherwise)
{
	_cleanup_free_ char *unsafe = find_unsafe(path, root);
	const char *dir = unsafe ? unsafe : root;
	_cleanup_free_ char *problem = why_not(dir);

	if (!problem)
		return 0;
	log_error("%s, and %s cannot be trusted: %s", why, dir, problem);
	log_hint("To do it this once anyway, add --yes. %s.", otherwise);
	return -EPERM;
}

int trust_require(const struct config *config, const char *path, const char *why,
		  const char *otherwise)
{
	_cleanup_free_ char *root = NULL, *word = NULL;
	int answer;

	if (trust_has(path) || config_answers_yes(config))
		return 0;
	root = project_root(path);
	if (refuse(path, root, why, otherwise) < 0)
		return -EPERM;
	answer = consent_ask(config, "%s.\nTrust %s?", why, root);
	if (answer == 1)
		return trust_add(root);
	if (answer == -EINTR)
		return answer;
	log_error("%s, and you do not trust %s yet", why, root);
	word = shell_word(root);
	log_hint("If you do, run outpost trust %s. %s.", word, otherwise);
	return -EPERM;
}
