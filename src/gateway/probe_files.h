/* SPDX-License-Identifier: GPL-2.0-only */
/* What the prober leaves behind about a board: see common/tunnel_status.h. */
#ifndef OUTPOST_GATEWAY_PROBE_FILES_H
#define OUTPOST_GATEWAY_PROBE_FILES_H

#include "common/tunnel_status.h"

/* Bytes of a board's history; beyond it, the older half is dropped. */
#define PROBE_HISTORY_MAX (64 * 1024)

/*
 * Replaces the file `name` in the folder `dir`, a descriptor. Does not sync, as the folder is in
 * memory. 0 or -errno, not logged.
 */
int probe_files_write(int dir, const char *name, const struct tunnel_status *status);

/* 0; -ENOENT; -EBADMSG, or another -errno. Not logged. */
int probe_files_read(int dir, const char *name, struct tunnel_status *status);

/* Adds an outage to the file `name` in the folder `dir`. 0 or -errno, not logged. */
int probe_files_add_outage(int dir, const char *name, const struct tunnel_outage *outage);

#endif
