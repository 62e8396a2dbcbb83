/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Configuration files in INI format (base/ini.h). The user's file
 * ($XDG_CONFIG_HOME/outpost/outpost.conf) is read first, then the project's (outpost.conf in
 * the current folder or above it, see config_file.h), whose values win. main() reads them once
 * and passes the result to everything that has option rows. Functions below accept NULL, which
 * means that nothing is configured.
 */
#ifndef OUTPOST_CONFIG_H
#define OUTPOST_CONFIG_H

#include "common/cleanup.h"
#include "common/options.h"
#include "host/base/ini.h"

struct config;

/*
 * Reads both files and accepts any key; a missing file is not an error. 0 or -errno, logged
 * with file and line.
 */
int config_load(struct config **config);
void config_free(struct config *config);

/*
 * Checks that every key in the files is one of `keys`, and is not repeated unless it may be. 0
 * or -EINVAL, logged.
 */
int config_check(const struct config *config, const struct ini_key *keys);

/* The project's file; NULL if there is none. */
const char *config_project_file(const struct config *config);

/* Adds to *keys the keys for which `is_meant` is true and that the project's file sets. */
void config_project_keys(const struct config *config, bool (*is_meant)(const char *key),
			 char ***keys);

/* Removes these keys, and remembers their names. */
void config_ignore_project_keys(struct config *config, bool (*is_meant)(const char *key));
char *const *config_ignored(const struct config *config);

/* Answers yes to every question (host/base/trust.h), without remembering it: --yes. */
void config_answer_yes(struct config *config);
bool config_answers_yes(const struct config *config);

/* Sets the rows' options from the files, then from the environment. 0 or -EINVAL, logged. */
int config_apply(const struct config *config, const struct option_row *rows, void *dest);

/*
 * Calls `fn` for each key ("section.name") with `where` it is set ("file:line"), until `fn`
 * returns non-zero. Returns that value, or 0.
 */
int config_each(const struct config *config,
		int (*fn)(const char *key, const char *value, const char *where, void *arg),
		void *arg);

DEFINE_CLEANUP(struct config *, config_free);

#endif
