/* SPDX-License-Identifier: GPL-2.0-only */
/* One vm's folder, and what vm.conf in it says. Shared by up.c and vm.c. */
#ifndef OUTPOST_VM_INSTANCE_H
#define OUTPOST_VM_INSTANCE_H

#include "common/cleanup.h"
#include "host/vm/vm.h"

/* Of the last start; zeroes and NULL where it does not say. */
struct instance {
	char *name;
	char *dir;
	char *kernel;
	int memory_mib, cpus, port;
	bool debug, kaslr;
	bool full; /* a whole Debian, see full.h; stays as it was made */
};

/*
 * 0; -EINVAL (said) when the name is not one; -ENOENT (not logged) when there
 * is not such a vm: then only name and dir are set. The caller frees it always.
 */
int instance_open(const char *name, struct instance **instance);
void instance_free(struct instance *instance);

/* How long a boot may take, in milliseconds. */
int instance_boot_ms(const struct instance *instance);

/* Writes vm.conf. 0 or -errno, logged. */
int instance_save(const struct instance *instance);

/* Takes the vm's lock: one `outpost` at a time starts, ends or resets it. A descriptor or -errno,
 * logged. */
int instance_lock(const struct instance *instance);

DEFINE_CLEANUP(struct instance *, instance_free);

#endif
