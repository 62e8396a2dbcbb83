/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Module.symvers from the modules that are installed for a kernel. Each has the
 * CRCs of the symbols that it uses, and of those that it exports: together
 * all but those symbols of vmlinux that no module uses. A symbol that is not
 * there is said at build time; a CRC that is wrong would be said by insmod.
 */
#ifndef OUTPOST_HARVEST_H
#define OUTPOST_HARVEST_H

#include "common/cleanup.h"
#include "common/strbuf.h"

#include <stddef.h>

struct exports;
struct harvest;
struct ko;

struct harvest_counts {
	size_t modules, symbols;
	size_t unknown; /* of vmlinux, and the sources do not say how they are exported */
};

struct harvest *harvest_new(void);
void harvest_free(struct harvest *harvest);
DEFINE_CLEANUP(struct harvest *, harvest_free);

/*
 * `name` as Module.symvers calls it, "drivers/net/mii". 0; -EBADMSG: it is damaged; -EEXIST:
 * a CRC contradicts what another module has, both said.
 */
int harvest_module(struct harvest *harvest, const struct ko *ko, const char *name);

/* All modules below `dir` as the board's agent sends them. 0 or -errno, said. */
int harvest_folder(struct harvest *harvest, const char *dir);

/*
 * Writes the lines, sorted by name. What no module exports is vmlinux's; whether it is for GPL
 * modules alone, and its namespace, is what `exports` says, and otherwise EXPORT_SYMBOL_GPL: then a
 * module with another licence is refused when it is built, and not by the board.
 */
void harvest_write(const struct harvest *harvest, const struct exports *exports, struct strbuf *out,
		   struct harvest_counts *counts);

#endif
