/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The symbols that the sources of a kernel export: EXPORT_SYMBOL() and its relatives
 * (export, tracepoint, static_call, percpu-defs and acpi in include/linux). Names composed
 * by a macro are missed, and code that the configuration leaves out is included: use this for
 * symbols that are known to exist, to learn how they are exported.
 */
#ifndef OUTPOST_EXPORTS_H
#define OUTPOST_EXPORTS_H

#include "common/cleanup.h"

#include <stdbool.h>
#include <stddef.h>

struct exports;

struct exported {
	char *name;       /* must be first, for name_tree.h */
	char *name_space; /* "": none */
	bool gpl;         /* also if two exports disagree: the stricter one is safe */
};

struct exports *exports_new(void);
void exports_free(struct exports *exports);
DEFINE_CLEANUP(struct exports *, exports_free);

/*
 * Adds the exports of one file. `name_space` applies to macros without a namespace of their
 * own, unless the file defines DEFAULT_SYMBOL_NAMESPACE; "": none.
 */
void exports_parse(struct exports *exports, const char *text, size_t n, const char *name_space);

/*
 * The DEFAULT_SYMBOL_NAMESPACE that a makefile sets for its whole folder, or NULL; the caller
 * frees it.
 */
char *exports_makefile(const char *text);

/* Adds all .c and .S files below `dir` that may be part of an arm64 kernel. 0 or -errno, logged. */
int exports_scan(struct exports *exports, const char *dir);

const struct exported *exports_find(const struct exports *exports, const char *name);

#endif
