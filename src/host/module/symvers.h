/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Module.symvers: what a kernel and its modules export. A line is
 *
 *	CRC <tab> symbol <tab> module <tab> export type [<tab> namespace]
 *
 * (Documentation/kbuild/modules.rst), to the last; Linux 5.4 and 5.5 had the namespace third.
 */
#ifndef OUTPOST_SYMVERS_H
#define OUTPOST_SYMVERS_H

#include "common/cleanup.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct symvers_symbol {
	const char *name;
	const char *module;     /* "vmlinux", or "drivers/net/mii" without .ko */
	const char *name_space; /* "": none */
	uint32_t crc;
	bool gpl; /* exported with EXPORT_SYMBOL_GPL or similar */
};

struct symvers {
	struct symvers_symbol *symbols; /* sorted by name, then by order in the file */
	size_t n;
	char *text; /* what the strings point into */
};

/*
 * 0, -EBADMSG with the first invalid *line, or another read error. Nothing is logged. `line`
 * may be NULL.
 */
int symvers_read(const char *path, struct symvers **symvers, size_t *line);

/* As symvers_read(), for text in memory. */
int symvers_parse(const char *text, size_t n, struct symvers **symvers, size_t *line);
void symvers_free(struct symvers *symvers);
DEFINE_CLEANUP(struct symvers *, symvers_free);

/* NULL: not exported. */
const struct symvers_symbol *symvers_find(const struct symvers *symvers, const char *name);

#endif
