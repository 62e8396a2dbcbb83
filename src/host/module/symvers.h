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
	const char *module;     /* "vmlinux", or "drivers/net/mii": no .ko at the end */
	const char *name_space; /* "": none */
	uint32_t crc;
	bool gpl; /* EXPORT_SYMBOL_GPL and the like */
};

struct symvers {
	struct symvers_symbol
		*symbols; /* sorted by name; of equal ones the first in the file leads */
	size_t n;
	char *text; /* that they point into */
};

/*
 * 0, -EBADMSG with *line, the first that is none, or another -errno of reading. Logs nothing.
 * `line` may be NULL.
 */
int symvers_read(const char *path, struct symvers **symvers, size_t *line);

/* Likewise, of text. */
int symvers_parse(const char *text, size_t n, struct symvers **symvers, size_t *line);
void symvers_free(struct symvers *symvers);
DEFINE_CLEANUP(struct symvers *, symvers_free);

/* NULL: nobody exports it. */
const struct symvers_symbol *symvers_find(const struct symvers *symvers, const char *name);

#endif
