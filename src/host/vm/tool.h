/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs programs from other packages that make the parts of a vm. */
#ifndef OUTPOST_VM_TOOL_H
#define OUTPOST_VM_TOOL_H

#include "common/strbuf.h"

/*
 * Runs a program to its end. Appends its stdout to `output`; if that is NULL, logs it when the
 * program fails. 0 or -errno, logged; if the program is missing, with the package to install.
 */
int tool_run(char *const *argv, const char *package, struct strbuf *output);

#endif
