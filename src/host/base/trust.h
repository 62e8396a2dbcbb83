/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The projects that the user trusts: $XDG_STATE_HOME/outpost/trusted, one folder per line. What
 * is in such a folder may run as the user: its makefiles on this machine, and what its
 * outpost.conf names.
 */
#ifndef OUTPOST_TRUST_H
#define OUTPOST_TRUST_H

#include <stdbool.h>

struct config;

/*
 * Is `path` (absolute, without links), or a folder above it, trusted? The folders from there to
 * `path` must still belong to the user or root, and nobody else may be able to write to them.
 */
bool trust_has(const char *path);

/* Adds a folder (absolute, without links). 0 or -errno, logged: others can write to it. */
int trust_add(const char *dir);

/* Removes it. 0; -ENOENT (not logged) if it is not in the list; another -errno, logged. */
int trust_remove(const char *dir);

/* All trusted folders, sorted, ended by NULL; the caller frees them. 0 or -errno, logged. */
int trust_list(char ***dirs);

/*
 * 0 if `path` (absolute, without links) is trusted, or if the user says so now: he is asked on
 * the terminal, and yes is remembered for the project of `path`; --yes is not. Otherwise -EPERM (logged), or -EINTR. `why` says what would happen
 * and what trust allows, `otherwise` what else the user can do; both are sentences without
 * the full stop.
 */
int trust_require(const struct config *config, const char *path, const char *why,
		  const char *otherwise);

#endif
