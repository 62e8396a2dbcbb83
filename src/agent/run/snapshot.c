// SPDX-License-Identifier: GPL-2.0-only
#include "agent/run/snapshot.h"

#include "agent/base/dirs.h"
#include "common/cleanup.h"
#include "common/text.h"

#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

/*
 * Where modules leave things behind. depth: how many levels below the folder are searched.
 * Processes are not leftovers: numbers in /proc are skipped.
 */
static const struct {
	const char *path;
	int depth;
} places[] = {
	{ "/dev", 2 },
	{ "/proc", 1 },
	{ "/proc/driver", 1 },
	{ "/proc/fs", 1 },
	{ "/proc/sys", 2 },
	{ "/sys/module", 1 },
	{ "/sys/class", 2 },
	{ "/sys/bus", 1 },
	{ "/sys/devices/virtual", 2 },
	{ "/sys/kernel", 1 },
	{ "/sys/kernel/debug", 1 },
	{ "/sys/devices/platform", 1 },
	{ "/sys/fs", 1 },
};

/* Folders that change all the time. */
static const char *const passed_over[] = {
	"/dev/pts",  "/dev/shm",   "/dev/mqueue", "/dev/hugepages",    "/dev/fd",
	"/dev/char", "/dev/block", "/proc/self",  "/proc/thread-self", "/sys/fs/pstore",
};

typedef void (*name_fn)(const char *path, void *arg);

static bool is_passed_over(const char *path, const char *name)
{
	if (strncmp(path, "/proc/", 6) == 0 && isdigit((unsigned char)name[0]))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(passed_over); i++)
		if (strcmp(path, passed_over[i]) == 0)
			return true;
	return false;
}

static void walk(const char *dir, int depth, name_fn fn, void *arg)
{
	_cleanup_closedir_ DIR *d = opendir(dir);
	const struct dirent *entry;

	while (d && (entry = readdir(d))) {
		char path[256];

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name) >= (int)sizeof(path))
			continue;
		if (is_passed_over(path, entry->d_name))
			continue;
		fn(path, arg);
		if (depth > 1 && entry->d_type == DT_DIR)
			walk(path, depth - 1, fn, arg);
	}
}

static void walk_all(name_fn fn, void *arg)
{
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		walk(places[i].path, places[i].depth, fn, arg);
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void add_name(const char *path, void *arg)
{
	struct snapshot *snapshot = arg;

	if (snapshot->n == SNAPSHOT_NAMES) {
		snapshot->complete = false;
		return;
	}
	snapshot->names[snapshot->n++] = text_hash(path);
}

void snapshot_take(struct snapshot *snapshot)
{
	snapshot->n = 0;
	snapshot->complete = true;
	walk_all(add_name, snapshot);
	qsort(snapshot->names, snapshot->n, sizeof(snapshot->names[0]), compare);
}

struct comparison {
	const struct snapshot *snapshot;
	name_fn fn;
	void *arg;
};

static void compare_name(const char *path, void *arg)
{
	const struct comparison *c = arg;
	uint64_t h = text_hash(path);

	if (!bsearch(&h, c->snapshot->names, c->snapshot->n, sizeof(h), compare))
		c->fn(path, c->arg);
}

void snapshot_compare(const struct snapshot *snapshot, name_fn fn, void *arg)
{
	struct comparison c = { snapshot, fn, arg };

	walk_all(compare_name, &c);
}

static bool read_number(const char *path, uint64_t *value)
{
	char text[32], *end;

	dirs_read(path, text, sizeof(text));
	*value = strtoull(text, &end, 10);
	return end != text;
}

void snapshot_state(outpost_State *state)
{
	read_number("/proc/sys/kernel/tainted", &state->taint);
	state->has_counts = read_number("/sys/kernel/warn_count", &state->warn_count) &&
			    read_number("/sys/kernel/oops_count", &state->oops_count);
}
