/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a panic left behind: /sys/fs/pstore, one file per record (Linux
 * Documentation/admin-guide/ramoops.rst), and /var/lib/systemd/pstore, to which
 * systemd-pstore.service(8) moves them. The host puts them in order.
 */
#ifndef OUTPOST_AGENT_PSTORE_H
#define OUTPOST_AGENT_PSTORE_H

#include "agent/base/journal.h"

/*
 * Writes every record that appeared since the run began to its journal as Survivor entries,
 * syncs, and removes it from pstore. systemd's files stay where they are.
 */
void pstore_collect(struct journal *journal, const struct dirs *dirs, const char *run);

/*
 * Records from before this run are not its evidence: moves them to
 * ~/development/logs/earlier-crashes/, so that nothing is lost. The run's folder notes the
 * ones that systemd has. 0, or -errno if the disk is full or fails: the run must not begin,
 * since they would be taken for its own.
 */
int pstore_set_aside(const struct dirs *dirs, const char *run);

#endif
