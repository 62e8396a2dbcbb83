/* SPDX-License-Identifier: GPL-2.0-only */
/* Finds and reads configuration files, but none that another user may have written. */
#ifndef OUTPOST_CONFIG_FILE_H
#define OUTPOST_CONFIG_FILE_H

#include "common/strbuf.h"

/*
 * Reads a file. -ENOENT if it does not exist, or -EPERM (after a warning) if it is ignored: it
 * does not belong to the user or root, others can write to it, or it is a link to such a file
 * or made by another user. Another -errno is logged.
 */
int config_file_read(const char *path, struct strbuf *text);

/*
 * Reads the nearest outpost.conf that is not ignored, in the current folder or above it. Does
 * not look above a git work tree, a mount point or the home folder. *path is NULL if there is
 * none; the caller frees it. 0 or -errno, logged.
 */
int config_file_find(char **path, struct strbuf *text);

#endif
