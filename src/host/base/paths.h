/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where things live on the host, after the XDG base directory specification.
 * The result is the caller's to free; `...` are path components, ended by NULL.
 */
#ifndef OUTPOST_PATHS_H
#define OUTPOST_PATHS_H

#include <stdbool.h>

char *path_join(const char *first, ...) __attribute__((sentinel, returns_nonnull));

char *path_cache(const char *name, ...)
	__attribute__((sentinel, returns_nonnull)); /* can be recreated */
char *path_state(const char *name, ...)
	__attribute__((sentinel, returns_nonnull)); /* results, logs, vms */
char *path_configuration(const char *name, ...)
	__attribute__((sentinel, returns_nonnull)); /* written by the person */
char *path_runtime(const char *name, ...)
	__attribute__((sentinel, returns_nonnull)); /* sockets; gone at log-out */

/* Where PATH finds a program; NULL: nowhere. The caller frees it. */
char *path_program(const char *name);

/* Adds all that PATH finds, the first one first. */
void path_programs(const char *name, char ***found);

/*
 * A file that belongs to the program: beside it when it runs from its build
 * tree (build/aarch64/NAME), else under PREFIX/lib/outpost. NULL when neither is there.
 */
char *path_own_file(const char *name);

/* The top of the source tree that the program runs from, or NULL when it was installed. */
char *path_source_tree(void);

/* A name that becomes a file name: letters, digits, dot, dash, underscore; not first a dot or dash;
 * 1 to 64 long. */
bool path_is_plain_name(const char *name);

#endif
