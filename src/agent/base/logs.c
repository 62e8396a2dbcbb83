// SPDX-License-Identifier: GPL-2.0-only
#include "agent/base/logs.h"

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

/* Names of runs and of earlier crashes begin with their time. */
static int newest_first(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*b)->d_name, (*a)->d_name);
}

static int is_run(const struct dirent *entry)
{
	return dirs_plain(entry->d_name) && strcmp(entry->d_name, EARLIER) != 0;
}

static int is_file(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static uint64_t size_of(const struct dirs *dirs, const char *run)
{
	char path[DIRS_MAX];
	struct stat st;

	if (dirs_path(dirs, path, "logs/%s/journal", run) < 0 || stat(path, &st) < 0)
		return 0;
	return (uint64_t)st.st_blocks * 512;
}

static bool has_file(const struct dirs *dirs, const char *run, const char *name)
{
	char path[DIRS_MAX];

	return dirs_path(dirs, path, "logs/%s/%s", run, name) == 0 && access(path, F_OK) == 0;
}

/* A host may still collect a run, ended or not. A folder without a journal never became a run. */
static bool is_awaited(const struct dirs *dirs, const char *run)
{
	return has_file(dirs, run, "journal") && !has_file(dirs, run, COLLECTED);
}

void logs_note_collected(const struct dirs *dirs, const char *run)
{
	DIRS_AS_LOGIN(dirs);
	char path[DIRS_MAX];
	int fd;

	if (!dirs_plain(run) || !has_file(dirs, run, "journal") ||
	    dirs_path(dirs, path, "logs/%s/" COLLECTED, run) < 0)
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd >= 0)
		close(fd);
}

/* Removes a file, or a folder of files. */
static void remove_entry(const char *parent, const char *name)
{
	char dir[DIRS_MAX], path[DIRS_MAX + NAME_MAX + 2];
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

static void prune_runs(const struct dirs *dirs, const char *logs, const char *keep,
		       void (*lost)(const char *run, void *arg), void *arg)
{
	struct dirent **runs = NULL;
	int n = scandir(logs, &runs, is_run, newest_first);
	uint64_t bytes = 0;

	for (int i = 0; i < n; i++) {
		const char *run = runs[i]->d_name;
		bool awaited, in_excess;

		bytes += size_of(dirs, run);
		awaited = is_awaited(dirs, run);
		in_excess = awaited ? i >= LOGS_UNCOLLECTED || bytes > LOGS_UNCOLLECTED_BYTES
				    : i >= LOGS_KEPT || bytes > LOGS_KEPT_BYTES;
		if (in_excess && i >= LOGS_KEPT_EVER && strcmp(run, keep) != 0) {
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

void logs_prune(const struct dirs *dirs, const char *keep, void (*lost)(const char *run, void *arg),
		void *arg)
{
	DIRS_AS_LOGIN(dirs);
	char dir[DIRS_MAX];

	if (dirs_path(dirs, dir, "logs") == 0)
		prune_runs(dirs, dir, keep, lost, arg);
	if (dirs_path(dirs, dir, "logs/" EARLIER) == 0)
		prune_earlier(dir);
}
