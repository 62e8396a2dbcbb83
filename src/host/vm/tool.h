/* SPDX-License-Identifier: GPL-2.0-only */
/* Programs of other packages that make the parts of a vm. */
#ifndef OUTPOST_VM_TOOL_H
#define OUTPOST_VM_TOOL_H

#include "common/strbuf.h"

/*
 * Runs one to its end; stdout goes to `output` or, where that is NULL, is only
 * shown with what went wrong. 0 or -errno, logged: for a program that is not
 * there with the package that has it.
 */
int tool_run(char *const *argv, const char *package, struct strbuf *output);

#endif
