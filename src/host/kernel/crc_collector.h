/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Module.symvers from the modules that are installed for a kernel. Each has the
 * CRCs of the symbols that it uses, and of those that it exports: together
 * all but those symbols of vmlinux that no module uses. A symbol that is not
 * there is said at build time; a CRC that is wrong would be said by insmod.
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
	size_t unknown; /* of vmlinux, and the sources do not say how they are exported */
};

struct crc_collector *crc_collector_new(void);
void crc_collector_free(struct crc_collector *harvest);
DEFINE_CLEANUP(struct crc_collector *, crc_collector_free);

/*
 * `name` as Module.symvers calls it, "drivers/net/mii". 0; -EBADMSG: it is damaged; -EEXIST:
 * a CRC contradicts what another module has, both said.
 */
int crc_collector_module(struct crc_collector *harvest, const struct ko *ko, const char *name);

/* All modules below `dir` as the board's agent sends them. 0 or -errno, said. */
int crc_collector_folder(struct crc_collector *harvest, const char *dir);

/*
 * Writes the lines, sorted by name. What no module exports is vmlinux's; whether it is for GPL
 * modules alone, and its namespace, is what `exports` says, and otherwise EXPORT_SYMBOL_GPL: then a
 * module with another licence is refused when it is built, and not by the board.
 */
void crc_collector_write(const struct crc_collector *harvest, const struct exports *exports,
			 struct strbuf *out, struct crc_counts *counts);

#endif
