// SPDX-License-Identifier: GPL-2.0-only
#include "agent/guard/pstore.h"

#include "common/cleanup.h"
#include "common/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>

#define PSTORE  "/sys/fs/pstore"
#define SYSTEMD "/var/lib/systemd/pstore"
#define DEPTH   3 /* of systemd's folders: <record>/<part>/dmesg.txt */

struct collection {
	const struct dirs *dirs;
	int error; /* the first record that did not fit */
	struct journal *journal;
	FILE *known; /* systemd's files from before this run, and those already collected */
};

/* `name`: the path relative to where the walk began. */
typedef void (*record_fn)(const char *name, const char *path, struct collection *c);

static void walk(const char *top, const char *path, int depth, record_fn fn, struct collection *c)
{
	_cleanup_closedir_ DIR *dir = opendir(path);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		char inner[DIRS_MAX];
		struct stat st;

		if (entry->d_name[0] == '.' ||
		    snprintf(inner, sizeof(inner), "%s/%s", path, entry->d_name) >=
			    (int)sizeof(inner) ||
		    lstat(inner, &st) < 0)
			continue;
		if (S_ISDIR(st.st_mode) && depth > 1)
			walk(top, inner, depth - 1, fn, c);
		else if (S_ISREG(st.st_mode))
			fn(inner + strlen(top) + 1, inner, c);
	}
}

static void each_record(const char *folder, record_fn fn, struct collection *c)
{
	char path[DIRS_MAX];

	if (snprintf(path, sizeof(path), "%s%s", c->dirs->root, folder) < (int)sizeof(path))
		walk(path, path, DEPTH, fn, c);
}

/* Does nothing if pstore is mounted already. */
static void mount_pstore(const struct dirs *dirs)
{
	if (!*dirs->root)
		(void)mount("pstore", PSTORE, "pstore", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
}

/* --- systemd's --------------------------------------------------------------------- */

/*
 * systemd-pstore moves the records to its own folder, which is not ours to clean up. On a
 * board without a clock chip their times do not show which are new, so the files that exist
 * when the run begins are noted.
 */
static FILE *open_known(const struct dirs *dirs, const char *run, const char *how)
{
	DIRS_AS_LOGIN(dirs);
	char path[DIRS_MAX];

	return dirs_path(dirs, path, "logs/%s/known-crashes", run) < 0 ? NULL : fopen(path, how);
}

static bool describe(const char *path, char line[DIRS_MAX + 96])
{
	struct stat st;

	if (stat(path, &st) < 0)
		return false;
	snprintf(line, DIRS_MAX + 96, "%ju %jd.%09ld %jd %s\n", (uintmax_t)st.st_ino,
		 (intmax_t)st.st_ctim.tv_sec, st.st_ctim.tv_nsec, (intmax_t)st.st_size, path);
	return true;
}

static void note_known(const char *name, const char *path, struct collection *c)
{
	char line[DIRS_MAX + 96];

	(void)name;
	if (c->known && describe(path, line))
		fputs(line, c->known);
}

static bool is_known(struct collection *c, const char *path)
{
	char wanted[DIRS_MAX + 96], line[DIRS_MAX + 96];

	if (!describe(path, wanted))
		return true;
	rewind(c->known);
	while (fgets(line, sizeof(line), c->known))
		if (strcmp(line, wanted) == 0)
			return true;
	return false;
}

/* --- into the journal ----------------------------------------------------------------- */

/* true if all of it is safely in the journal. */
static bool collect(const char *name, const char *path, struct journal *journal)
{
	static outpost_Entry entry;
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	outpost_Survivor *survivor = &entry.body.survivor;
	size_t skip = strlen(name) < sizeof(survivor->name)
			      ? 0
			      : strlen(name) - sizeof(survivor->name) + 1;
	ssize_t n;

	if (fd < 0)
		return false;
	memset(&entry, 0, sizeof(entry));
	entry.which_body = outpost_Entry_survivor_tag;
	proto_set(survivor->name, name + skip); /* the end identifies it */
	survivor->first = true;
	while ((n = read(fd, survivor->data.bytes, sizeof(survivor->data.bytes))) > 0) {
		survivor->data.size = (pb_size_t)n;
		if (journal_append(journal, &entry) < 0)
			return false;
		survivor->first = false;
	}
	return n == 0 && journal_sync(journal) == 0;
}

static void collect_ours(const char *name, const char *path, struct collection *c)
{
	/* Remove only what is safely in the journal. */
	if (collect(name, path, c->journal))
		unlink(path);
}

static void collect_systemds(const char *name, const char *path, struct collection *c)
{
	if (!is_known(c, path) && collect(name, path, c->journal))
		note_known(name, path, c);
}

void pstore_collect(struct journal *journal, const struct dirs *dirs, const char *run)
{
	_cleanup_fclose_ FILE *known = open_known(dirs, run, "a+e");
	struct collection c = { .dirs = dirs, .journal = journal, .known = known };

	mount_pstore(dirs);
	each_record(PSTORE, collect_ours, &c);
	if (known)
		each_record(SYSTEMD, collect_systemds, &c);
}

/* --- from before the run ---------------------------------------------------------------- */

/* Any other error would also keep the record from being collected later, so it does no harm. */
static bool is_full(int r)
{
	return r == -ENOSPC || r == -EDQUOT || r == -EROFS;
}

static int make_earlier(const struct dirs *dirs, const char *name)
{
	DIRS_AS_LOGIN(dirs);
	char to[DIRS_MAX];
	int r = dirs_path(dirs, to, "logs/earlier-crashes"), fd;

	if (r == 0)
		r = dirs_mkdir(dirs, to);
	if (r == 0)
		r = dirs_path(dirs, to, "logs/earlier-crashes/%lld-%.100s", (long long)time(NULL),
			      name);
	if (r < 0)
		return r;
	fd = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	return fd < 0 ? -errno : fd;
}

static void set_one_aside(const char *name, const char *path, struct collection *c)
{
	_cleanup_close_ int in = open(path, O_RDONLY | O_CLOEXEC);
	_cleanup_close_ int out = in < 0 ? -errno : make_earlier(c->dirs, name);
	int r = out < 0 ? out : fs_copy_data(in, out);

	if (r == 0 && fdatasync(out) < 0)
		r = -errno;
	if (r == 0)
		unlink(path);
	else if (is_full(r))
		c->error = r;
}

int pstore_set_aside(const struct dirs *dirs, const char *run)
{
	struct collection c = { .dirs = dirs };
	_cleanup_fclose_ FILE *known = NULL;
	char systemds[DIRS_MAX];

	mount_pstore(dirs);
	each_record(PSTORE, set_one_aside, &c);
	snprintf(systemds, sizeof(systemds), "%s" SYSTEMD, dirs->root);
	if (c.error < 0 || !fs_exists(systemds))
		return c.error;
	known = c.known = open_known(dirs, run, "we");
	if (!known)
		return is_full(-errno) ? -errno : -EIO;
	each_record(SYSTEMD, note_known, &c);
	if (fflush(known) != 0 || ferror(known) || fdatasync(fileno(known)) < 0)
		return is_full(-errno) ? -errno : -EIO;
	return 0;
}
