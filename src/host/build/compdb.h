/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What kbuild remembers beside each object, .foo.o.cmd: the command that made
 * it ("cmd_foo.o := ..." to Linux 6.4, "savedcmd_foo.o := ..." later), its
 * source and all files that it was made from (deps_foo.o). Format: the
 * kernel's scripts/Kbuild.include and scripts/basic/fixdep.c; the JSON is
 * Clang's compilation database.
 */
#ifndef OUTPOST_COMPDB_H
#define OUTPOST_COMPDB_H

#include "host/build/messages.h"

struct compdb_entry {
	char *command; /* NULL when the file is not of a compiler run */
	char *file;
};

/* One .cmd file's text. 0, or -ENOENT when it holds no compiler run. */
int compdb_parse(const char *text, struct compdb_entry *entry);
void compdb_entry_release(struct compdb_entry *entry);

/*
 * Writes compile_commands.json of all that was built below map->copy, run in
 * `tree`, with the user's paths. 0 or -errno.
 */
int compdb_write(const struct path_map *map, const char *tree, const char *path);

/* Several of them as one. 0 or -errno; one that is not there counts for nothing. */
int compdb_merge(char *const *paths, const char *to);

/* Calls `fn` for each file that what was built below `copy` depends on; some more than once. */
void compdb_each_dep(const char *copy, void (*fn)(const char *path, void *arg), void *arg);

#endif
