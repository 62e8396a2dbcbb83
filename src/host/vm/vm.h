/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Virtual Pis: QEMU machines that run a Debian arm64 kernel and are reached
 * over ssh as any board is. What lasts of one is in path_state("vm", <name>):
 *
 *	board.conf		how the board lookup finds it
 *	vm.conf			kernel, memory, processors and port of the last start
 *	ssh_config, known_hosts, id_ed25519, host_key
 *	disk.img		its /root; outlives reboots and vm_down()
 *	disk.qcow2, base.qcow2	a full one's instead: what it changed of what it was made from
 *	console.log		its serial console since it was started
 *	pid, qmp.sock, console.sock, lock
 *
 * Images are made per kernel release and shared; see image.h.
 */
#ifndef OUTPOST_VM_H
#define OUTPOST_VM_H

#include "common/cleanup.h"

#include <stdbool.h>
#include <sys/types.h>

struct vm_options {
	char *kernel;   /* a release; "newest": Debian's; NULL: the one it had last, at first the
			   newest */
	int memory_mib; /* 0: 1024 */
	int cpus;       /* 0: 2 */
	int timeout_ms; /* how long it may take to come up; 0: 2 min, with debug 4, a full one 10 */
	bool debug;     /* with the kernel's checks of memory, see qemu.c */
	bool kaslr; /* the kernel and its modules at random addresses, other ones at each start */
	bool boot;  /* rather than go on from a saved state */
	bool full;  /* a whole Debian, with a disk of its own; a vm stays what it is */
};

enum vm_state {
	VM_STOPPED,
	VM_RUNNING, /* and its ssh server answers */
	VM_SILENT,  /* QEMU runs, the ssh server does not answer: starting, hung, or dead */
};

struct vm_status {
	char *name;
	char *dir;
	enum vm_state state;
	pid_t pid;    /* 0 unless QEMU runs */
	char *kernel; /* of the last start; NULL when it never was */
	int memory_mib, cpus, port;
	bool debug, kaslr, full;
};

/*
 * Starts it and returns when its ssh server listens. Where it can be it goes on
 * from a saved state, see saved.h; else it boots. One that runs already is
 * only asked whether it answers. 0 or -errno, logged; after an error none runs
 * that did not run before.
 */
int vm_up(const char *name, const struct vm_options *options);

/* Has it power off, or ends it when it does not. One that does not run is not an error. 0 or -errno,
 * logged. */
int vm_down(const char *name);

/* As its reset button would; returns when its ssh server listens again. 0 or -errno, logged. */
int vm_reset(const char *name, int timeout_ms);

/* Puts its network cable in, or pulls it out; that outlives a reset. 0 or -errno, logged. */
int vm_plug(const char *name, bool in);

/* Connects the terminal to the serial console until ctrl-]. 0 or -errno, logged. */
int vm_console(const char *name);

/* 0 or -errno, logged; -ENOENT (said) where there never was such a vm. */
int vm_status(const char *name, struct vm_status *status);
void vm_status_release(struct vm_status *status);

/* Names of the vms that there are, sorted (strv_free()). 0 or -errno, logged. */
int vm_list(char ***names);

/* Does its QEMU run? Logs nothing. */
bool vm_is_running(const char *name);

/* The path to give to ssh -F, whose host is then "outpost-<name>"; the caller frees it. */
char *vm_ssh_config(const char *name);

#endif
