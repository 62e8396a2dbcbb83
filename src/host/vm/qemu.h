/* SPDX-License-Identifier: GPL-2.0-only */
/* The QEMU of one vm: its command line, and its process. */
#ifndef OUTPOST_VM_QEMU_H
#define OUTPOST_VM_QEMU_H

#include "common/strbuf.h"

#include <stdbool.h>
#include <sys/types.h>

#define QEMU_NETDEV "net" /* how QEMU calls the vm's network */

struct qemu_config {
	const char *name; /* the vm's */
	const char *dir; /* where QEMU starts, absolute; files of the vm are named relative to it */
	const char *kernel;   /* an arm64 Image */
	const char *disk;     /* its image, in `dir`: NULL is disk.img; raw unless it is a .qcow2 */
	const char *modules;  /* a disk image, read-only */
	const char *identity; /* the disk that says who it is, in `dir`; NULL: none */
	int memory_mib, cpus, port;
	bool kvm;
	bool debug; /* the kernel is to look for errors of memory */
	bool waits; /* for a saved state, see saved.h, instead of booting */
	bool kaslr; /* and to go to where the device tree's seed sends it */
};

/* Can this machine run arm64 guests at full speed? */
bool qemu_has_kvm(void);

/* The arguments, freed with strv_free(). With `dumpdtb` QEMU only writes its device tree to that
 * file. */
char **qemu_argv(const struct qemu_config *config, const char *dumpdtb);

/*
 * What the device tree depends on, as one line: the caller frees it. NULL,
 * logged, when there is no QEMU.
 */
char *qemu_describe_machine(const struct qemu_config *config);

/* Appends the device tree that QEMU would give to this vm. 0 or -errno, logged. */
int qemu_dump_dtb(const struct qemu_config *config, struct strbuf *dtb);

/*
 * Starts it in the background, on a free port, which it sets: 0 or -errno,
 * logged. `prepare` is called with the port before each try; an error of its
 * own it has said itself.
 */
int qemu_start(struct qemu_config *config, int (*prepare)(int port, void *arg), void *arg);

/*
 * The process that runs the vm in `dir`; 0: none. QEMU holds a lock on its
 * pid file as long as it lives, so that a stale file, whose number may be
 * somebody else's by now, is never believed.
 */
pid_t qemu_pid(const char *dir);

/* Waits until it is gone: 0, -ETIME, or -EINTR. */
int qemu_await_end(const char *dir, int timeout_ms);

/* Ends it: politely through QMP, then by signal. 0 or -errno, not logged. */
int qemu_stop(const char *dir);

#endif
