/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the sources of a kernel export: EXPORT_SYMBOL() and its relatives
 * (include/linux/export.h, tracepoint.h, static_call.h, percpu-defs.h, acpi.h). Names
 * that a macro puts together are not seen, and what the configuration leaves
 * out is: it tells of a symbol that is known to exist how it is exported.
 */
#ifndef OUTPOST_EXPORTS_H
#define OUTPOST_EXPORTS_H

#include "common/cleanup.h"

#include <stdbool.h>
#include <stddef.h>

struct exports;

struct exported {
	char *name;       /* first, for name_tree.h */
	char *name_space; /* "": none */
	bool gpl;         /* also where two places disagree: to promise less is safe */
};

struct exports *exports_new(void);
void exports_free(struct exports *exports);
DEFINE_CLEANUP(struct exports *, exports_free);

/*
 * Takes what one file exports. `name_space` is what the macros without one of
 * their own mean, unless the file itself defines DEFAULT_SYMBOL_NAMESPACE; "": none.
 */
void exports_parse(struct exports *exports, const char *text, size_t n, const char *name_space);

/* The DEFAULT_SYMBOL_NAMESPACE that a makefile passes to all of its folder, or NULL; the caller
 * frees it. */
char *exports_makefile(const char *text);

/* All .c and .S files below `dir` that may be part of an arm64 kernel. 0 or -errno, said. */
int exports_scan(struct exports *exports, const char *dir);

const struct exported *exports_find(const struct exports *exports, const char *name);

#endif
