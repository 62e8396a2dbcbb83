/* SPDX-License-Identifier: GPL-2.0-only */
/* How results are shown: a table, one JSON document, JUnit XML; and progress meanwhile. */
#ifndef OUTPOST_OUT_H
#define OUTPOST_OUT_H

#include "host/result.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* Colour on this stream? Only a terminal that is not dumb, and without NO_COLOR. */
bool out_colour(FILE *stream);

/* The verdict table with times, failed tests and reports beneath, and a closing line of counts. */
void out_table(FILE *stream, const struct run_result *run, bool verbose);

/* The document "outpost.test/1" of DESIGN; the caller's reference. */
json_t *out_test_json(const struct run_result *run);

/* Prints a document and a newline to stdout; frees the reference. 0 or -errno, said. */
int out_json(json_t *document);

/* Writes the file as a whole. 0 or -errno, said. */
int out_junit(const char *path, const struct run_result *run);

/*
 * The progress line: redrawn in place, with elapsed time, only where stderr is
 * a terminal; elsewhere each step is one log_debug() line. Messages of log.h
 * go above it.
 */
void progress_start(void);
void progress_step(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void progress_fraction(size_t done, size_t total); /* total 0: not known */
void progress_end(void);

#endif
