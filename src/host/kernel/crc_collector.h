/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Module.symvers from the modules that are installed for a kernel. Each lists the CRCs of the
 * symbols that it uses and exports: together these are all symbols except those of vmlinux
 * that no module uses. A missing symbol shows at build time; a wrong CRC would show at insmod.
 */
#ifndef OUTPOST_CRC_COLLECTOR_H
#define OUTPOST_CRC_COLLECTOR_H

#include "common/cleanup.h"
#include "common/strbuf.h"

#include <stddef.h>

struct exports;
struct crc_collector;
struct ko;

struct crc_counts {
	size_t modules, symbols;
	size_t unknown; /* symbols of vmlinux whose kind of export the sources do not tell */
};

struct crc_collector *crc_collector_new(void);
void crc_collector_free(struct crc_collector *collector);
DEFINE_CLEANUP(struct crc_collector *, crc_collector_free);

/*
 * `name` as in Module.symvers, "drivers/net/mii". 0; -EBADMSG: damaged; -EEXIST: a CRC
 * contradicts another module; both logged.
 */
int crc_collector_module(struct crc_collector *collector, const struct ko *ko, const char *name);

/*
 * Reads all modules below `dir`, in the form in which the board's agent sends them. 0 or
 * -errno, logged.
 */
int crc_collector_folder(struct crc_collector *collector, const char *dir);

/*
 * Writes the lines, sorted by name. Symbols that no module exports belong to vmlinux.
 * `exports` tells whether such a symbol is GPL-only, and its namespace; if it does not know
 * the symbol, EXPORT_SYMBOL_GPL is assumed, so that a module under another licence is refused
 * at build time rather than by the board.
 */
void crc_collector_write(const struct crc_collector *collector, const struct exports *exports,
			 struct strbuf *out, struct crc_counts *counts);

#endif
