// SPDX-License-Identifier: GPL-2.0-only
#include "agent/logs.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define EARLIER   "earlier-crashes"
#define COLLECTED "collected"

/* Names of both begin with their time. */
static int newest_first(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*b)->d_name, (*a)->d_name);
}

static int is_run(const struct dirent *entry)
{
	return place_plain(entry->d_name) && strcmp(entry->d_name, EARLIER) != 0;
}

static int is_file(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static uint64_t size_of(const struct place *place, const char *run)
{
	char path[PLACE_MAX];
	struct stat st;

	if (place_path(place, path, "logs/%s/journal", run) < 0 || stat(path, &st) < 0)
		return 0;
	return (uint64_t)st.st_blocks * 512;
}

static bool has_file(const struct place *place, const char *run, const char *name)
{
	char path[PLACE_MAX];

	return place_path(place, path, "logs/%s/%s", run, name) == 0 && access(path, F_OK) == 0;
}

/* Ended or not, a host may yet come for it. What never became a run is nobody's. */
static bool is_awaited(const struct place *place, const char *run)
{
	return has_file(place, run, "journal") && !has_file(place, run, COLLECTED);
}

void logs_note_collected(const struct place *place, const char *run)
{
	PLACE_AS_LOGIN(place);
	char path[PLACE_MAX];
	int fd;

	if (!place_plain(run) || !has_file(place, run, "journal") ||
	    place_path(place, path, "logs/%s/" COLLECTED, run) < 0)
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd >= 0)
		close(fd);
}

/* A folder of files, or one file. */
static void remove_entry(const char *parent, const char *name)
{
	char dir[PLACE_MAX], path[PLACE_MAX + NAME_MAX + 2];
	struct dirent **files = NULL;
	int n;

	if ((size_t)snprintf(dir, sizeof(dir), "%s/%s", parent, name) >= sizeof(dir))
		return;
	if (unlink(dir) == 0)
		return;
	n = scandir(dir, &files, is_file, NULL);
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, files[i]->d_name);
		unlink(path);
		free(files[i]);
	}
	free(files);
	rmdir(dir);
}

static void prune_runs(const struct place *place, const char *logs,
		       void (*lost)(const char *run, void *arg), void *arg)
{
	struct dirent **runs = NULL;
	int n = scandir(logs, &runs, is_run, newest_first);
	uint64_t bytes = 0;

	for (int i = 0; i < n; i++) {
		const char *run = runs[i]->d_name;
		bool awaited, in_excess;

		bytes += size_of(place, run);
		awaited = is_awaited(place, run);
		in_excess = awaited ? i >= LOGS_UNCOLLECTED || bytes > LOGS_UNCOLLECTED_BYTES
				    : i >= LOGS_KEPT || bytes > LOGS_KEPT_BYTES;
		if (in_excess && i >= LOGS_KEPT_EVER) {
			remove_entry(logs, run);
			if (awaited && lost)
				lost(run, arg);
		}
		free(runs[i]);
	}
	free(runs);
}

static void prune_earlier(const char *dir)
{
	struct dirent **files = NULL;
	int n = scandir(dir, &files, is_file, newest_first);

	for (int i = 0; i < n; i++) {
		if (i >= LOGS_KEPT)
			remove_entry(dir, files[i]->d_name);
		free(files[i]);
	}
	free(files);
}

void logs_prune(const struct place *place, void (*lost)(const char *run, void *arg), void *arg)
{
	PLACE_AS_LOGIN(place);
	char dir[PLACE_MAX];

	if (place_path(place, dir, "logs") == 0)
		prune_runs(place, dir, lost, arg);
	if (place_path(place, dir, "logs/" EARLIER) == 0)
		prune_earlier(dir);
}
