/* SPDX-License-Identifier: GPL-2.0-only */
/* Output of the results of check.h. */
#ifndef OUTPOST_OUT_CHECK_H
#define OUTPOST_OUT_CHECK_H

#include "host/check/check.h"

#include <jansson.h>
#include <stdio.h>
#include <time.h>

struct checked {
	char *path;  /* path of the .ko */
	char *shown; /* what the user calls it: the folder it was built from */
	char *name;
	struct check_result result;
};

/*
 * The document "outpost.check/1"; `board` may be NULL. `as_of`: when the board last reported
 * what is known about it; 0: now. The caller owns the reference.
 */
json_t *out_check_json(const struct checked *all, size_t n, const char *release, const char *board,
		       time_t as_of);

/* Prints the results as text; if `verbose`, with every problem of each module. */
void out_check(FILE *stream, const struct checked *all, size_t n, const char *release,
	       bool verbose);

#endif
