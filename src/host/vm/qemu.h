/* SPDX-License-Identifier: GPL-2.0-only */
/* The QEMU process of a vm and its command line. */
#ifndef OUTPOST_VM_QEMU_H
#define OUTPOST_VM_QEMU_H

#include "common/strbuf.h"

#include <stdbool.h>
#include <sys/types.h>

#define QEMU_NETDEV "net" /* QEMU's id of the vm's network */

struct qemu_config {
	const char *name; /* the vm's */
	const char *dir; /* QEMU's working directory, absolute; the vm's files are relative to it */
	const char *kernel;   /* an arm64 Image */
	const char *disk;     /* its image, in `dir`: a .qcow2, or else raw; NULL: disk.img */
	const char *modules;  /* a disk image, read-only */
	const char *identity; /* the disk with its identity, in `dir`; NULL: none */
	int memory_mib, cpus, port;
	bool kvm;
	bool debug;      /* enable the kernel's memory checks */
	bool waits;      /* wait for a saved state (saved.h) instead of booting */
	bool kaslr;      /* enable KASLR, with the seed in the device tree */
	bool net;        /* the guest may reach this host and its networks */
	const char *tap; /* the tap interface of a second network card; NULL: none */
	bool unconfined; /* without QEMU's sandbox, which it may lack; set by qemu_start() */
};

/* Can this host run arm64 guests at full speed? */
bool qemu_has_kvm(void);

/* The arguments (strv_free()). With `dumpdtb`, QEMU only writes its device tree to that file. */
char **qemu_argv(const struct qemu_config *config, const char *dumpdtb);

/*
 * What the device tree depends on, in one line; the caller frees it. NULL (logged) if QEMU is
 * not installed.
 */
char *qemu_describe_machine(const struct qemu_config *config);

/* Appends QEMU's device tree for this vm. 0 or -errno, logged. */
int qemu_dump_dtb(const struct qemu_config *config, struct strbuf *dtb);

/*
 * Starts QEMU in the background, and sets config->port to a free port. Calls `prepare` with
 * the port before each try; `prepare` logs its own errors. 0 or -errno, logged.
 */
int qemu_start(struct qemu_config *config, int (*prepare)(int port, void *arg), void *arg);

/*
 * The process that runs the vm in `dir`; 0: none. A stale pid file, whose number may belong to
 * another process by now, is detected: QEMU locks the file as long as it runs.
 */
pid_t qemu_pid(const char *dir);

/* Waits until QEMU has exited: 0, -ETIME, or -EINTR. */
int qemu_await_end(const char *dir, int timeout_ms);

/* Stops QEMU, through QMP or else with SIGKILL. 0 or -errno, not logged. */
int qemu_stop(const char *dir);

#endif
