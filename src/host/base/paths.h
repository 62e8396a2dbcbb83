/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Locations of files on the host, by the XDG base directory specification. The caller frees
 * the result; `...` are path components, ended by NULL.
 */
#ifndef OUTPOST_PATHS_H
#define OUTPOST_PATHS_H

#include "common/log.h"

#include <stdbool.h>

char *path_join(const char *first, ...) __attribute__((sentinel, returns_nonnull));

char *path_cache(const char *name, ...)
	__attribute__((sentinel, returns_nonnull)); /* can be recreated */
char *path_state(const char *name, ...)
	__attribute__((sentinel, returns_nonnull)); /* results, logs and vms */
char *path_configuration(const char *name, ...)
	__attribute__((sentinel, returns_nonnull)); /* edited by the user */
char *path_runtime(const char *name, ...)
	__attribute__((sentinel, returns_nonnull)); /* sockets; removed at log-out */

/*
 * Makes the folder `dir`, which is path_runtime() or below it, for this user alone, or checks
 * that it is; also checks $XDG_RUNTIME_DIR, which may be another user's after su(1). 0 or
 * -errno, logged at `level`, with a hint if that is an error.
 */
int path_make_runtime(const char *dir, enum log_level level);

/*
 * fs_private_dir(), but where only the user's own group can write, it closes the folder. Logs an
 * error.
 */
int path_make_private(const char *dir);

/*
 * Makes or checks path_state(), which the user may have replaced by a link to another disk. 0;
 * -EPERM or -ENOTDIR (logged) if it is not ours alone; another -errno, not logged.
 */
int path_make_state(void);

/* The path of a program in PATH, or NULL. The caller frees it. */
char *path_program(const char *name);

/* Adds all programs of that name in PATH, in its order. */
void path_programs(const char *name, char ***found);

/*
 * A file that is part of Outpost: next to the program if it runs from its build tree
 * (build/aarch64/NAME), else under PREFIX/lib/outpost. NULL if it is in neither.
 */
char *path_own_file(const char *name);

/* The top of the source tree that the program runs from; NULL if it was installed. */
char *path_source_tree(void);

/*
 * Removes "." and ".." without looking at any folder; a relative path keeps those at its
 * beginning. The caller frees it.
 */
char *path_normalise(const char *path) __attribute__((returns_nonnull));

/*
 * A name that can be used as a file name: 1 to 64 letters, digits, dots, dashes and
 * underscores, and the first is not a dot or dash.
 */
bool path_is_plain_name(const char *name);

#endif
