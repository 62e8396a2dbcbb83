/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Virtual Pis: QEMU machines that run a Debian arm64 kernel and are reached over ssh like any
 * board. The files of a vm are in path_state("vm", <name>):
 *
 *	board.conf		for the board lookup
 *	vm.conf			settings of the last start
 *	ssh_config, known_hosts, id_ed25519, host_key
 *	disk.img		/root; survives reboots and vm_down()
 *	disk.qcow2, base.qcow2	of a full vm instead: its changes, and what it was made from
 *	console.log		serial console since the start; see console_log.h
 *	pid, qmp.sock, console.sock, console.pipe, lock
 *
 * Images are made per kernel release and shared by vms; see image.h.
 */
#ifndef OUTPOST_VM_H
#define OUTPOST_VM_H

#include "common/cleanup.h"

#include <stdbool.h>
#include <sys/types.h>

struct vm_options {
	char *kernel; /* a release; "newest": the newest in Debian; NULL: as last time, or newest */
	int memory_mib; /* 0: 1024 */
	int cpus;       /* 0: 2 */
	int timeout_ms; /* time limit to come up; 0: 2 min, 4 with debug, 10 with full */
	bool debug;     /* with the kernel's memory checks, see qemu.c */
	bool kaslr;     /* kernel and modules at random addresses, which differ after each start */
	bool net;       /* the guest may reach this host and its networks */
	bool boot;      /* boot instead of restoring a saved state */
	bool full;      /* a complete Debian with its own disk; cannot be changed later */
	char *tap; /* the tap interface of its second network card; NULL: none; only with full */
};

enum vm_state {
	VM_STOPPED,
	VM_RUNNING, /* the ssh server answers */
	VM_SILENT,  /* QEMU runs, but the ssh server does not answer: starting, hung, or dead */
};

struct vm_status {
	char *name;
	char *dir;
	enum vm_state state;
	pid_t pid;    /* 0 unless QEMU runs */
	char *kernel; /* of the last start; NULL if it never started */
	int memory_mib, cpus, port;
	bool debug, kaslr, net, full;
	char *tap; /* NULL: none */
};

/*
 * Starts the vm and returns when its ssh server listens. Restores a saved state if possible
 * (saved.h), else boots. If it already runs, only checks that it answers. 0 or -errno, logged;
 * after an error, a vm that did not run before does not run.
 */
int vm_up(const char *name, const struct vm_options *options);

/*
 * Powers the vm off, or stops QEMU if that fails. Not an error if it does not run. 0 or
 * -errno, logged.
 */
int vm_down(const char *name);

/* Presses the vm's reset button; returns when its ssh server listens again. 0 or -errno, logged. */
int vm_reset(const char *name, int timeout_ms);

/* Plugs in or unplugs the vm's network cable; this survives a reset. 0 or -errno, logged. */
int vm_plug(const char *name, bool in);

/* Connects the terminal to the serial console until Ctrl-]. 0 or -errno, logged. */
int vm_console(const char *name);

/* 0 or -errno, logged; -ENOENT (logged) if there is no such vm. */
int vm_status(const char *name, struct vm_status *status);
void vm_status_release(struct vm_status *status);

/* The names of all vms, sorted (strv_free()). 0 or -errno, logged. */
int vm_list(char ***names);

#endif
