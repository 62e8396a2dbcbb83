// SPDX-License-Identifier: GPL-2.0-only
#include "agent/dirs.h"

#include "common/cleanup.h"

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

/* One line of /etc/passwd, read by hand: a static program has no NSS to ask. */
static bool passwd_line(FILE *f, const char *user, uid_t uid, struct place *place)
{
	struct passwd pw, *found;
	char buffer[1024];

	while (fgetpwent_r(f, &pw, buffer, sizeof(buffer), &found) == 0) {
		if (user ? strcmp(pw.pw_name, user) != 0 : pw.pw_uid != uid)
			continue;
		if (strlen(pw.pw_dir) >= sizeof(place->home))
			return false;
		proto_set(place->home, pw.pw_dir);
		place->uid = pw.pw_uid;
		place->gid = pw.pw_gid;
		return true;
	}
	return false;
}

static int find_home(struct place *place)
{
	const char *user = geteuid() == 0 ? getenv("SUDO_USER") : NULL;
	const char *home = getenv("HOME");
	_cleanup_fclose_ FILE *f = fopen("/etc/passwd", "re");

	/* Without sudo, HOME is the login's own word; under it, it is root's. */
	if (!user && home && *home == '/' && strlen(home) < sizeof(place->home)) {
		proto_set(place->home, home);
		place->uid = geteuid();
		place->gid = getegid();
		return 0;
	}
	return f && passwd_line(f, user, getuid(), place) ? 0 : -ENOENT;
}

static int find_runtime(struct place *place)
{
	const char *dir = getenv("XDG_RUNTIME_DIR");
	struct stat st;

	if (geteuid() == 0)
		proto_set(place->runtime, "/run/outpost");
	else if (dir && *dir == '/' && strlen(dir) < sizeof(place->runtime) - 16)
		snprintf(place->runtime, sizeof(place->runtime), "%s/outpost", dir);
	else
		snprintf(place->runtime, sizeof(place->runtime), "/tmp/outpost-agent-%u",
			 geteuid());
	if (mkdir(place->runtime, 0755) < 0 && errno != EEXIST)
		return -errno;
	/* Whoever else made it could put there what they like. */
	if (lstat(place->runtime, &st) < 0 || !S_ISDIR(st.st_mode) || st.st_uid != geteuid())
		return -EPERM;
	return 0;
}

int place_init(struct place *place)
{
	int r = find_home(place);

	place->root[0] = '\0';
	return r < 0 ? r : find_runtime(place);
}

int place_init_home(struct place *place, const char *home)
{
	struct stat st;

	if (strlen(home) >= sizeof(place->home))
		return -ENAMETOOLONG;
	if (stat(home, &st) < 0)
		return -errno;
	proto_set(place->home, home);
	place->root[0] = '\0';
	place->uid = st.st_uid;
	place->gid = st.st_gid;
	return find_runtime(place);
}

int place_path(const struct place *place, char path[PLACE_MAX], const char *fmt, ...)
{
	va_list ap;
	int n = snprintf(path, PLACE_MAX, "%s/development/", place->home);
	int more;

	va_start(ap, fmt);
	more = vsnprintf(path + n, (size_t)(PLACE_MAX - n), fmt, ap);
	va_end(ap);
	return more < 0 || n + more >= PLACE_MAX ? -ENAMETOOLONG : 0;
}

int place_runtime(const struct place *place, char path[PLACE_MAX], const char *name)
{
	int n = snprintf(path, PLACE_MAX, "%s/%s", place->runtime, name);

	return n >= PLACE_MAX ? -ENAMETOOLONG : 0;
}

int place_as_login(const struct place *place)
{
	if (geteuid() != 0 || place->uid == 0)
		return 0;
	/* With the user id go root's rights over files, until it is root's again. Within another
	 * such block: nothing. */
	setfsgid(place->gid);
	return setfsuid(place->uid) != (int)place->uid;
}

void place_as_root(const int *changed)
{
	if (*changed) {
		setfsuid(0);
		setfsgid(0);
	}
}

int place_mkdir(const struct place *place, const char *path)
{
	PLACE_AS_LOGIN(place);
	char copy[PLACE_MAX];

	proto_set(copy, path);
	for (char *p = copy + strlen(place->home) + 1; *copy; p++) {
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

bool place_plain(const char *name)
{
	if (!*name || *name == '.' || *name == '-')
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && !strchr("._-", *name))
			return false;
	return true;
}

void place_read(const char *path, char *text, size_t size)
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
	uint64_t random[2];
	char text[40];
	int n;

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return; /* it is there: this boot has its number */
	n = snprintf(text, sizeof(text), "%016llx%016llx", (unsigned long long)random[0],
		     (unsigned long long)random[1]);
	(void)!write(fd, text, (size_t)n);
}

void place_boot(const struct place *place, char boot_id[40], char nonce[40])
{
	char path[PLACE_MAX];

	place_read("/proc/sys/kernel/random/boot_id", boot_id, 40);
	nonce[0] = '\0';
	if (place_runtime(place, path, "nonce") < 0)
		return;
	make_nonce(path);
	place_read(path, nonce, 40);
}
