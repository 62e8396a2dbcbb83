/* SPDX-License-Identifier: GPL-2.0-only */
/* A vm's folder and its vm.conf. Shared by up.c and vm.c. */
#ifndef OUTPOST_VM_INSTANCE_H
#define OUTPOST_VM_INSTANCE_H

#include "common/cleanup.h"
#include "host/vm/vm.h"

/* Settings of the last start; 0 or NULL if not in vm.conf. */
struct instance {
	char *name;
	char *dir;
	char *kernel;
	char *tap; /* as in struct vm_options */
	int memory_mib, cpus, port;
	bool debug, kaslr, net;
	bool full; /* a complete Debian, see full.h; cannot be changed later */
};

/*
 * 0; -EINVAL (logged) if the name is not valid; -ENOENT (not logged) if there is no such vm:
 * then only name and dir are set. The caller always frees *instance.
 */
int instance_open(const char *name, struct instance **instance);
void instance_free(struct instance *instance);

/* Time limit for a boot, in milliseconds. */
int instance_boot_ms(const struct instance *instance);

/* Writes vm.conf. 0 or -errno, logged. */
int instance_save(const struct instance *instance);

/*
 * Takes the vm's lock: only one `outpost` at a time starts, stops or resets a vm. A
 * descriptor, or -errno, logged.
 */
int instance_lock(const struct instance *instance);

DEFINE_CLEANUP(struct instance *, instance_free);

#endif
