// SPDX-License-Identifier: GPL-2.0-only
#include "agent/pstore.h"

#include "common/cleanup.h"
#include "common/fs.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>

#define PSTORE "/sys/fs/pstore"

static void each_record(void (*fn)(const char *name, const char *path, void *arg), void *arg)
{
	_cleanup_closedir_ DIR *dir = NULL;
	const struct dirent *entry;

	/* Where nothing has mounted it yet; where it is, this changes nothing. */
	(void)mount("pstore", PSTORE, "pstore", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	dir = opendir(PSTORE);
	while (dir && (entry = readdir(dir))) {
		char path[sizeof(PSTORE) + sizeof(entry->d_name) + 1];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), PSTORE "/%s", entry->d_name);
		fn(entry->d_name, path, arg);
	}
}

static void collect_one(const char *name, const char *path, void *arg)
{
	static outpost_Entry entry;
	struct journal *journal = arg;
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	outpost_Survivor *survivor = &entry.body.survivor;
	ssize_t n;

	if (fd < 0)
		return;
	memset(&entry, 0, sizeof(entry));
	entry.which_body = outpost_Entry_survivor_tag;
	proto_set(survivor->name, name);
	while ((n = read(fd, survivor->data.bytes, sizeof(survivor->data.bytes))) > 0) {
		survivor->data.size = (pb_size_t)n;
		if (journal_append(journal, &entry) < 0)
			return;
	}
	/* Only what is safely in the journal may go. */
	if (n == 0 && journal_sync(journal) == 0)
		unlink(path);
}

void pstore_collect(struct journal *journal)
{
	each_record(collect_one, journal);
}

static int make_earlier(const struct place *place, const char *name)
{
	PLACE_AS_LOGIN(place);
	char to[PLACE_MAX];

	if (place_path(place, to, "logs/earlier-crashes") < 0 || place_mkdir(place, to) < 0 ||
	    place_path(place, to, "logs/earlier-crashes/%lld-%.100s", (long long)time(NULL), name) <
		    0)
		return -1;
	return open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

static void set_one_aside(const char *name, const char *path, void *arg)
{
	_cleanup_close_ int in = open(path, O_RDONLY | O_CLOEXEC);
	_cleanup_close_ int out = make_earlier(arg, name);

	if (in >= 0 && out >= 0 && fs_copy_data(in, out) == 0 && fdatasync(out) == 0)
		unlink(path);
}

void pstore_set_aside(const struct place *place)
{
	each_record(set_one_aside, (void *)place);
}
