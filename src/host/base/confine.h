/* SPDX-License-Identifier: GPL-2.0-only */
/* Confining a child process that evaluates what somebody else wrote. */
#ifndef OUTPOST_CONFINE_H
#define OUTPOST_CONFINE_H

/*
 * For process_options.in_child, as any user: after it the process sees the
 * whole file system read-only and without devices (but /dev/null), no network,
 * no process but its own, has no capabilities, and little memory and time;
 * all that it started ends with it. Namespaces of its own do that
 * (user_namespaces(7)); 0, or -errno where the machine does not allow them.
 */
int confine(void *unused);

/* The limits alone, for where confine() cannot be had. */
int confine_limits(void *unused);

#endif
