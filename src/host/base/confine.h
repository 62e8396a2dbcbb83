/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs a program that somebody else wrote, such as a dkms.conf, so that it can do nothing but
 * compute and print.
 *
 * It has a root of its own (confine_root.c): /usr, the folders that the caller names, /proc,
 * /dev/null; all read-only. It has its own user, mount, PID, network, IPC and UTS namespaces, no
 * capabilities, and no system calls for sockets, tracing, keys, mounts, namespaces or shared
 * memory (confine_filter.c). It is our child and the first process of its PID namespace, so nothing
 * that it started survives it, setsid(2) or not, and it does not survive us. Each process has little memory
 * and processor time, and there are few processes. The last also holds if root runs Outpost:
 * everything is made as root, then the program gets a user id that nobody has.
 *
 * There is no way to run it with less: if the machine does not allow all of this, it is not run.
 *
 * Why not bubblewrap: started by root, bwrap keeps root's user id in the kernel, for which
 * RLIMIT_NPROC does not count. It sets no limits, takes a filter but does not make one, gives no
 * pidfd of its child, and adds two processes. Of what it does, confine_root.c is left.
 */
#ifndef OUTPOST_CONFINE_H
#define OUTPOST_CONFINE_H

#include "common/process.h"

struct confinement {
	/*
	 * The folders that it sees, under the same paths; ends with NULL. Absolute, and the first
	 * from realpath(): it is the working directory.
	 */
	const char *const *folders;
	const char *const *links; /* further links there: path, target, path, ...; ends with NULL */
	const char *file;   /* a file in one of the folders that it must be able to read; or NULL */
	const char *failed; /* set by confine_run(): what could not be had, "create namespaces";
			       NULL: the confinement is complete */
};

/*
 * As process_run(), in the confinement; dir and in_child of the options are not used. If
 * `failed` is set afterwards, the program has not begun.
 */
int confine_run(char *const *argv, const struct process_options *options, struct confinement *c);

/* What a user can do about `error`, returned by confine_run() with `failed` set. Not freed. */
const char *confine_hint(int error);

#endif
