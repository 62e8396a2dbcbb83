// SPDX-License-Identifier: GPL-2.0-only
#include "agent/logs.h"

#include "agent/journal.h"

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define EARLIER "earlier-crashes"

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

static int is_run_end(const outpost_Entry *entry, void *arg)
{
	*(bool *)arg = entry->which_body == outpost_Entry_run_end_tag;
	return 0;
}

/* Somebody may still want it carried on. What never became a run counts as ended. */
static bool is_open(const struct place *place, const char *run)
{
	struct journal *journal = malloc(sizeof(*journal));
	bool ended = true;
	uint64_t size;

	if (journal && journal_open(journal, place, run, false) == 0) {
		ended = false;
		journal_each(journal, is_run_end, &ended, &size);
		journal_close(journal);
	}
	free(journal);
	return !ended;
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

static void prune_runs(const struct place *place, const char *logs)
{
	struct dirent **runs = NULL;
	int n = scandir(logs, &runs, is_run, newest_first);
	uint64_t bytes = 0;

	for (int i = 0; i < n; i++) {
		const char *run = runs[i]->d_name;
		bool in_excess;

		bytes += size_of(place, run);
		in_excess = i >= LOGS_KEPT || (i >= LOGS_KEPT_EVER && bytes > LOGS_KEPT_BYTES);
		if (in_excess && (i >= LOGS_KEPT_OPEN || !is_open(place, run)))
			remove_entry(logs, run);
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

void logs_prune(const struct place *place)
{
	PLACE_AS_LOGIN(place);
	char dir[PLACE_MAX];

	if (place_path(place, dir, "logs") == 0)
		prune_runs(place, dir);
	if (place_path(place, dir, "logs/" EARLIER) == 0)
		prune_earlier(dir);
}
