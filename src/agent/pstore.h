/* SPDX-License-Identifier: GPL-2.0-only */
/* What a panic left behind: /sys/fs/pstore, one file a record (Linux
 * Documentation/admin-guide/ramoops.rst). */
#ifndef OUTPOST_AGENT_PSTORE_H
#define OUTPOST_AGENT_PSTORE_H

#include "agent/journal.h"

/* Puts every record into the journal as Survivor entries, syncs, and removes it from pstore. */
void pstore_collect(struct journal *journal);

/*
 * Records from before this run are not its evidence: moved to
 * ~/development/logs/earlier-crashes/, so that nothing is lost either.
 */
void pstore_set_aside(const struct place *place);

#endif
