/* SPDX-License-Identifier: GPL-2.0-only */
/* Builds test programs ("program = test/foo.c" in a test.conf), static, for the board. */
#ifndef OUTPOST_TESTPROG_H
#define OUTPOST_TESTPROG_H

#include "common/strbuf.h"
#include "host/build/unit.h"

/*
 * The path of the program to send to the board, for a `program` of the unit's test.conf; the
 * caller frees it.
 */
char *testprog_path(const struct unit *unit, const char *program);

/*
 * Compiles the program if it is C and its sources changed. The compiler's messages are
 * appended to `output`. 0, or a negative number with the reason in *error.
 */
int testprog_build(const struct unit *unit, const char *program, struct strbuf *output,
		   char **error);

#endif
