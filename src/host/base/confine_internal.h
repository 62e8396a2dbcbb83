/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of confine_run(), called in the child, which is in its new namespaces. */
#ifndef OUTPOST_CONFINE_INTERNAL_H
#define OUTPOST_CONFINE_INTERNAL_H

#include "host/base/confine.h"

/*
 * Replaces the root by a new one, which has nothing but what `c` names and what bash needs.
 * Requires CAP_SYS_ADMIN in the namespace of the mounts. 0 or -errno.
 */
int confine_root(const struct confinement *c);

/* Denies system calls from here on. Requires no_new_privs. 0 or -errno. */
int confine_filter(void);

#endif
