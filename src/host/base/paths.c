// SPDX-License-Identifier: GPL-2.0-only
#include "host/base/paths.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/strbuf.h"
#include "common/strv.h"
#include "host/base/owner.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *join(const char *first, va_list ap)
{
	struct strbuf sb = STRBUF_INIT;
	const char *part;

	strbuf_adds(&sb, first);
	while ((part = va_arg(ap, const char *))) {
		if (sb.len && sb.buf[sb.len - 1] != '/')
			strbuf_addch(&sb, '/');
		strbuf_adds(&sb, part);
	}
	return strbuf_detach(&sb);
}

char *path_join(const char *first, ...)
{
	va_list ap;
	char *path;

	va_start(ap, first);
	path = join(first, ap);
	va_end(ap);
	return path;
}

static char *home_relative(const char *below)
{
	const char *home = getenv("HOME");
	bool is_usable = home && *home == '/'; /* as with the others: a relative one is ignored */
	const struct passwd *pw = is_usable ? NULL : getpwuid(getuid());

	return path_join(is_usable ? home : pw ? pw->pw_dir : "/", below, NULL);
}

/* The specification says to ignore relative paths. */
static char *base(const char *variable, const char *below)
{
	const char *value = getenv(variable);
	_cleanup_free_ char *dir = value && *value == '/' ? xstrdup(value) : home_relative(below);

	return path_join(dir, "outpost", NULL);
}

static char *under(char *dir, const char *name, va_list ap)
{
	_cleanup_free_ char *with_name = path_join(dir, name, NULL);

	free(dir);
	return join(with_name, ap);
}

#define DEFINE_BASE(fn, dir)                 \
	char *fn(const char *name, ...)      \
	{                                    \
		va_list ap;                  \
		char *path;                  \
                                             \
		va_start(ap, name);          \
		path = under(dir, name, ap); \
		va_end(ap);                  \
		return path;                 \
	}

static char *runtime_base(void)
{
	const char *value = getenv("XDG_RUNTIME_DIR");

	if (value && *value == '/')
		return path_join(value, "outpost", NULL);
	return xasprintf("/tmp/outpost-%u", (unsigned int)getuid());
}

DEFINE_BASE(path_cache, base("XDG_CACHE_HOME", ".cache"))
DEFINE_BASE(path_state, base("XDG_STATE_HOME", ".local/state"))
DEFINE_BASE(path_configuration, base("XDG_CONFIG_HOME", ".config"))
DEFINE_BASE(path_runtime, runtime_base())

static int refuse(const char *dir, int r, enum log_level level)
{
	_cleanup_free_ char *problem = NULL;
	struct stat st;

	if (r == -EPERM && lstat(dir, &st) == 0)
		problem = owner_problem(&st);
	if (problem)
		log_message(level, "Refusing to use the folder %s: %s", dir, problem);
	else
		log_errno(level, r, "Cannot use the folder %s", dir);
	return r;
}

/* fs_private_dir(), and closes a folder that only the user's own group can write to. */
static int private_dir(const char *dir)
{
	_cleanup_close_ int fd = -1;
	struct stat st;
	int r = fs_private_dir(dir);

	if (r != -EPERM)
		return r;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (st.st_uid != geteuid() || !owner_is_trusted(&st))
		return -EPERM;
	return fchmod(fd, S_IRWXU) < 0 ? -errno : 0;
}

int path_make_private(const char *dir)
{
	int r = private_dir(dir);

	return r < 0 ? refuse(dir, r, LOG_LEVEL_ERROR) : 0;
}

int path_make_state(void)
{
	_cleanup_free_ char *dir = base("XDG_STATE_HOME", ".local/state");
	_cleanup_free_ char *real = owner_is_trusted_at(dir) ? realpath(dir, NULL) : NULL;
	int r = private_dir(real ? real : dir);

	if (r != -EPERM && r != -ENOTDIR)
		return r;
	refuse(dir, r, LOG_LEVEL_ERROR);
	log_hint("Set XDG_STATE_HOME to a folder that only you can write to");
	return r;
}

/* 0, or -EPERM if another user could put a folder of his in it. It may be missing. */
static int check_runtime(const char *dir)
{
	struct stat st;

	if (stat(dir, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	return st.st_uid == geteuid() && owner_is_trusted(&st) ? 0 : -EPERM;
}

int path_make_runtime(const char *dir, enum log_level level)
{
	const char *value = getenv("XDG_RUNTIME_DIR");
	_cleanup_free_ char *base = runtime_base();
	const char *const dirs[] = { base, dir };
	int r = value && *value == '/' ? check_runtime(value) : 0;

	if (r < 0)
		refuse(value, r, level);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(dirs); i++) {
		r = private_dir(dirs[i]);
		if (r < 0)
			refuse(dirs[i], r, level);
	}
	if (r < 0 && level == LOG_LEVEL_ERROR)
		log_hint("Set XDG_RUNTIME_DIR to a folder that only you can access");
	return r;
}

/* The folder that holds the running program. */
static char *program_dir(void)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char *slash;

	if (n <= 0)
		return NULL;
	path[n] = '\0';
	slash = strrchr(path, '/');
	*slash = '\0';
	return xstrdup(path);
}

char *path_own_file(const char *name)
{
	static const char *const places[] = { "", "..", "../lib/outpost" };
	_cleanup_free_ char *dir = program_dir();

	for (size_t i = 0; dir && i < ARRAY_SIZE(places); i++) {
		_cleanup_free_ char *path = path_join(dir, places[i], name, NULL);

		if (fs_exists(path))
			return TAKE_PTR(path);
	}
	return NULL;
}

char *path_source_tree(void)
{
	_cleanup_free_ char *dir = program_dir();
	_cleanup_free_ char *tree = NULL, *marker = NULL;
	char *real;

	for (char *slash; dir && (slash = strrchr(dir, '/')) && slash != dir;) {
		*slash = '\0';
		free(marker);
		marker = path_join(dir, "proto/outpost.proto", NULL);
		if (!fs_exists(marker))
			continue;
		real = realpath(dir, NULL);
		return real;
	}
	return NULL;
}

void path_programs(const char *name, char ***found)
{
	const char *path = getenv("PATH");
	_cleanup_free_ char *all = xstrdup(path ? path : "/usr/bin:/bin");

	for (char *rest = all, *dir; (dir = strsep(&rest, ":"));) {
		_cleanup_free_ char *file = path_join(*dir ? dir : ".", name, NULL);

		if (access(file, X_OK) == 0 && !fs_is_dir(file))
			strv_add(found, file);
	}
}

char *path_program(const char *name)
{
	_cleanup_strv_ char **found = NULL;

	path_programs(name, &found);
	return found ? xstrdup(*found) : NULL;
}

char *path_normalise(const char *path)
{
	struct strbuf out = STRBUF_INIT;

	for (const char *p = path; *p;) {
		size_t n = strcspn(p, "/");

		if (n == 2 && memcmp(p, "..", 2) == 0 && strrchr(out.buf, '/')) {
			out.len = (size_t)(strrchr(out.buf, '/') - out.buf);
			out.buf[out.len] = '\0';
		} else if (n && !(n == 1 && *p == '.')) {
			if (out.len || *path == '/')
				strbuf_addch(&out, '/');
			strbuf_add(&out, p, n);
		}
		p += n + (p[n] == '/');
	}
	return strbuf_detach(&out);
}

bool path_is_plain_name(const char *name)
{
	size_t n = strlen(name);

	if (n < 1 || n > 64 || *name == '.' || *name == '-')
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && !strchr("._-", *name))
			return false;
	return true;
}
