// SPDX-License-Identifier: GPL-2.0-only
#include "agent/base/dirs.h"

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/hex.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/random.h>
#include <sys/stat.h>

/* Finds the user in /etc/passwd: a static program cannot use NSS. */
static bool passwd_line(FILE *f, const char *user, uid_t uid, struct dirs *dirs)
{
	struct passwd pw, *found;
	char buffer[1024];

	while (fgetpwent_r(f, &pw, buffer, sizeof(buffer), &found) == 0) {
		if (user ? strcmp(pw.pw_name, user) != 0 : pw.pw_uid != uid)
			continue;
		if (strlen(pw.pw_dir) >= sizeof(dirs->home))
			return false;
		proto_set(dirs->home, pw.pw_dir);
		dirs->uid = pw.pw_uid;
		dirs->gid = pw.pw_gid;
		return true;
	}
	return false;
}

static int find_home(struct dirs *dirs)
{
	const char *user = geteuid() == 0 ? getenv("SUDO_USER") : NULL;
	const char *home = getenv("HOME");
	_cleanup_fclose_ FILE *f = fopen("/etc/passwd", "re");

	/* Without sudo, HOME is set by the login user; with sudo, it is root's. */
	if (!user && home && *home == '/' && strlen(home) < sizeof(dirs->home)) {
		proto_set(dirs->home, home);
		dirs->uid = geteuid();
		dirs->gid = getegid();
		return 0;
	}
	return f && passwd_line(f, user, getuid(), dirs) ? 0 : -ENOENT;
}

static int find_runtime(struct dirs *dirs)
{
	const char *dir = getenv("XDG_RUNTIME_DIR");

	if (geteuid() == 0)
		proto_set(dirs->runtime, "/run/outpost");
	else if (dir && *dir == '/' && strlen(dir) < sizeof(dirs->runtime) - 16)
		snprintf(dirs->runtime, sizeof(dirs->runtime), "%s/outpost", dir);
	else
		snprintf(dirs->runtime, sizeof(dirs->runtime), "/tmp/outpost-agent-%u", geteuid());
	return fs_private_dir(dirs->runtime);
}

int dirs_init(struct dirs *dirs)
{
	int r = find_home(dirs);

	dirs->root[0] = '\0';
	return r < 0 ? r : find_runtime(dirs);
}

int dirs_init_home(struct dirs *dirs, const char *home)
{
	struct stat st;

	if (strlen(home) >= sizeof(dirs->home))
		return -ENAMETOOLONG;
	if (stat(home, &st) < 0)
		return -errno;
	proto_set(dirs->home, home);
	dirs->root[0] = '\0';
	dirs->uid = st.st_uid;
	dirs->gid = st.st_gid;
	return find_runtime(dirs);
}

int dirs_path(const struct dirs *dirs, char path[DIRS_MAX], const char *fmt, ...)
{
	va_list ap;
	int n = snprintf(path, DIRS_MAX, "%s/development/", dirs->home);
	int more;

	va_start(ap, fmt);
	more = vsnprintf(path + n, (size_t)(DIRS_MAX - n), fmt, ap);
	va_end(ap);
	return more < 0 || n + more >= DIRS_MAX ? -ENAMETOOLONG : 0;
}

int dirs_runtime(const struct dirs *dirs, char path[DIRS_MAX], const char *name)
{
	int n = snprintf(path, DIRS_MAX, "%s/%s", dirs->runtime, name);

	return n >= DIRS_MAX ? -ENAMETOOLONG : 0;
}

/* In a folder of root's that is sticky, only the owner can rename or remove what is in it. */
static bool is_shared_safely(const char *dir)
{
	struct stat st;

	return stat(dir, &st) == 0 && st.st_uid == 0 &&
	       (st.st_mode & S_ISVTX || !(st.st_mode & (S_IWGRP | S_IWOTH)));
}

int dirs_make_private(const struct dirs *dirs, char path[DIRS_MAX])
{
	snprintf(path, DIRS_MAX, "%s/outpost-XXXXXX",
		 is_shared_safely("/tmp") ? "/tmp" : dirs->runtime);
	return mkdtemp(path) ? 0 : -errno;
}

int dirs_as_login(const struct dirs *dirs)
{
	if (geteuid() != 0 || dirs->uid == 0)
		return 0;
	/*
	 * Changing the fsuid drops root's capabilities for files until it is 0 again. In a
	 * nested block nothing changes.
	 */
	setfsgid(dirs->gid);
	return setfsuid(dirs->uid) != (int)dirs->uid;
}

void dirs_as_root(const int *changed)
{
	if (*changed) {
		setfsuid(0);
		setfsgid(0);
	}
}

int dirs_mkdir(const struct dirs *dirs, const char *path)
{
	DIRS_AS_LOGIN(dirs);
	char copy[DIRS_MAX];

	proto_set(copy, path);
	for (char *p = copy + strlen(dirs->home) + 1; *copy; p++) {
		char c = *p;

		if (c != '/' && c != '\0')
			continue;
		*p = '\0';
		if (mkdir(copy, 0755) < 0 && errno != EEXIST)
			return -errno;
		*p = c;
		if (c == '\0')
			break;
	}
	return 0;
}

bool dirs_plain(const char *name)
{
	if (!*name || *name == '.' || *name == '-')
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && !strchr("._-", *name))
			return false;
	return true;
}

void dirs_read(const char *path, char *text, size_t size)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, size - 1);

	if (n < 0)
		n = 0;
	while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\0'))
		n--;
	text[n] = '\0';
}

static void make_nonce(const char *path)
{
	_cleanup_close_ int fd = -1;
	uint8_t random[16];
	char text[HEX_SIZE(sizeof(random))];

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return; /* it exists: this boot already has a nonce */
	hex_encode(text, random, sizeof(random));
	(void)!write(fd, text, strlen(text));
}

void dirs_boot(const struct dirs *dirs, char boot_id[40], char nonce[40])
{
	char path[DIRS_MAX];

	dirs_read("/proc/sys/kernel/random/boot_id", boot_id, 40);
	nonce[0] = '\0';
	if (dirs_runtime(dirs, path, "nonce") < 0)
		return;
	make_nonce(path);
	dirs_read(path, nonce, 40);
}
