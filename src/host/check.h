/* SPDX-License-Identifier: GPL-2.0-only */
/* Will a kernel take a module? For now: is it for its architecture and its release. */
#ifndef OUTPOST_CHECK_H
#define OUTPOST_CHECK_H

#include "host/module.h"

/*
 * 0 when nothing speaks against it, or -ENOEXEC with *problem, one line, which
 * the caller frees. Says nothing.
 */
int check_module(const struct module *module, const char *release, char **problem);

/* "x86-64" of EM_X86_64; "machine 22" of one that has no name here. The caller frees it. */
char *check_machine_name(int machine);

#endif
