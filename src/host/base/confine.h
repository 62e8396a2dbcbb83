/* SPDX-License-Identifier: GPL-2.0-only */
/* Confines a child process that evaluates untrusted input. */
#ifndef OUTPOST_CONFINE_H
#define OUTPOST_CONFINE_H

/*
 * For process_options.in_child, as any user. The process then sees the whole file system
 * read-only and without devices (except /dev/null), and has no network, no capabilities, and
 * little memory and time. It sees no other processes, and everything that it starts ends with
 * it. Uses its own namespaces (user_namespaces(7)). 0, or -errno if the machine does not allow
 * them.
 */
int confine(void *unused);

/* Sets only the limits, for machines where confine() fails. */
int confine_limits(void *unused);

#endif
