/* SPDX-License-Identifier: GPL-2.0-only */
/* How the answers of check.h are shown. */
#ifndef OUTPOST_OUT_CHECK_H
#define OUTPOST_OUT_CHECK_H

#include "host/check/check.h"

#include <jansson.h>
#include <stdio.h>
#include <time.h>

struct checked {
	char *path;  /* of the .ko */
	char *shown; /* as a person knows it: the folder it was built from */
	char *name;
	struct check_result result;
};

/*
 * The document "outpost.check/1"; `board` may be NULL. `as_of`: when the board said what is known
 * of it; 0: now. The caller's reference.
 */
json_t *out_check_json(const struct checked *all, size_t n, const char *release, const char *board,
		       time_t as_of);

/* For people; with `verbose` each problem of each module. */
void out_check(FILE *stream, const struct checked *all, size_t n, const char *release,
	       bool verbose);

#endif
