/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a panic left behind: /sys/fs/pstore, one file a record (Linux
 * Documentation/admin-guide/ramoops.rst), and /var/lib/systemd/pstore, where
 * systemd-pstore.service(8) moves them. The host puts them in order.
 */
#ifndef OUTPOST_AGENT_PSTORE_H
#define OUTPOST_AGENT_PSTORE_H

#include "agent/base/journal.h"

/*
 * Puts every record that came since the run began into its journal as
 * Survivor entries, syncs, and removes it from pstore. systemd's are left
 * where they are.
 */
void pstore_collect(struct journal *journal, const struct dirs *dirs, const char *run);

/*
 * Records from before this run are not its evidence: moved to
 * ~/development/logs/earlier-crashes/, so that nothing is lost either. Which
 * ones systemd has is kept in the run's folder. 0; -errno when there is no room
 * for that: the run must not begin, since they would be taken for its own.
 */
int pstore_set_aside(const struct dirs *dirs, const char *run);

#endif
