/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Config files, INI (base/ini.h): first the person's
 * ($XDG_CONFIG_HOME/outpost/outpost.conf), then the project's (outpost.conf in
 * the current folder or the nearest one above), later ones winning. They are
 * read once, by main(); whoever has option rows of their own is given it. Where
 * NULL stands for it nothing is configured.
 */
#ifndef OUTPOST_CONFIG_H
#define OUTPOST_CONFIG_H

#include "common/cleanup.h"
#include "common/options.h"
#include "host/base/ini.h"

struct config;

/* Reads both files, whatever their keys; a missing file is not an error. 0 or -errno, logged with file and line. */
int config_load(struct config **config);
void config_free(struct config *config);

/* Is each key in the files one of these, and set once where one is meant? 0 or -EINVAL, logged. */
int config_check(const struct config *config, const struct ini_key *keys);

/* Sets what the files, then the environment, have for the rows' keys. 0 or -EINVAL, logged. */
int config_apply(const struct config *config, const struct option_row *rows, void *dest);

/* Calls `fn` for each key "section.name", `where` it stands ("file:line"), until it returns
 * non-zero, which is returned. */
int config_each(const struct config *config,
		int (*fn)(const char *key, const char *value, const char *where, void *arg),
		void *arg);

DEFINE_CLEANUP(struct config *, config_free);

#endif
