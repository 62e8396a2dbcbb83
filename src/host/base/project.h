/* SPDX-License-Identifier: GPL-2.0-only */
/* The project that a source belongs to: how far its makefiles and configuration may reach. */
#ifndef OUTPOST_PROJECT_H
#define OUTPOST_PROJECT_H

#include <stdbool.h>

/*
 * The git work tree with the file or folder `path`, if it and its .git belong to the user or
 * root, nobody else can write to them, and both are on one file system. Otherwise, and if that
 * would be the home folder or one above it, the folder itself. Without links; the caller frees
 * it. If `path` does not exist, a copy of it.
 */
char *project_root(const char *path) __attribute__((returns_nonnull));

/* Is this the home folder, or a folder above it, such as "/"? Nothing may reach that far. */
bool project_is_too_wide(const char *dir);

#endif
