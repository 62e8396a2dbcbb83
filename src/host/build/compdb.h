/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads the .foo.o.cmd files that kbuild writes next to objects. They contain the command that
 * made the object ("cmd_foo.o := ..." up to Linux 6.4, "savedcmd_foo.o := ..." later), its
 * source, and all files that it depends on (deps_foo.o). Format: the kernel's
 * scripts/Kbuild.include and scripts/basic/fixdep.c. The JSON is Clang's compilation database.
 */
#ifndef OUTPOST_COMPDB_H
#define OUTPOST_COMPDB_H

#include "host/build/messages.h"

struct compdb_entry {
	char *command; /* NULL if the file is not from a compiler run */
	char *file;
};

/* Parses the text of a .cmd file. 0, or -ENOENT if it is not from a compiler run. */
int compdb_parse(const char *text, struct compdb_entry *entry);
void compdb_entry_release(struct compdb_entry *entry);

/*
 * Writes compile_commands.json for everything that was built below map->copy, with the descriptor
 * `copy`, by make in `tree`, with the user's paths. 0 or -errno.
 */
int compdb_write(const struct path_map *map, int copy, const char *tree, const char *path);

/* Merges several of them into one; missing ones are skipped. 0 or -errno. */
int compdb_merge(char *const *paths, const char *to);

/* Calls `fn` for each dependency of what was built below `copy`, sometimes more than once. */
void compdb_each_dep(int copy, void (*fn)(const char *path, void *arg), void *arg);

#endif
