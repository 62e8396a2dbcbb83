/* SPDX-License-Identifier: GPL-2.0-only */
/* Test programs: "program = test/foo.c" of a test.conf, built static for the board. */
#ifndef OUTPOST_TESTPROG_H
#define OUTPOST_TESTPROG_H

#include "common/strbuf.h"
#include "host/build/unit.h"

/* Where what runs on the board is, for a `program` of the unit's test.conf; the caller frees it. */
char *testprog_path(const struct unit *unit, const char *program);

/*
 * Compiles it when it is C and its sources changed. 0, or a negative number
 * with the reason in *error; what the compiler says is appended to `output`.
 */
int testprog_build(const struct unit *unit, const char *program, struct strbuf *output,
		   char **error);

#endif
