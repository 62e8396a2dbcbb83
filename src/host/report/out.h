/* SPDX-License-Identifier: GPL-2.0-only */
/* Output of results: a table, a JSON document, JUnit XML. */
#ifndef OUTPOST_OUT_H
#define OUTPOST_OUT_H

#include "common/strbuf.h"
#include "host/judge/result.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* Use colour on this stream? Only on a terminal that is not dumb, and without NO_COLOR. */
bool out_colour(FILE *stream);

/*
 * As printf(3), but prints at most one line: a newline that is not the last character, what a
 * terminal would interpret, and what is not UTF-8 are printed as \xNN.
 */
void out_print(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Prints the verdict table with times, failed tests and reports below each row, and a final
 * line of counts.
 */
void out_table(FILE *stream, const struct run_result *run, bool verbose);

/* Prints the source lines of a report and its stack, below the caller's own text. */
void out_report(FILE *stream, const struct klog_report *report, const struct report_source *source,
		bool verbose);

/* "3 passed, 1 failed, 1 crashed"; "nothing was tested". */
void out_counts(struct strbuf *out, const unsigned int counts[VERDICT_COUNT]);

/* "41 ms", "3.1 s", "2m05s": at most 6 columns below a hundred hours. */
void out_duration(struct strbuf *out, long long ms);

/*
 * The document "outpost.test/1"; the caller owns the reference. In addition to the documented
 * fields it has all that the table shows, so that a stored run can be shown again. Bytes that
 * are not UTF-8 become U+FFFD.
 */
json_t *out_test_json(const struct run_result *run);

/*
 * The reverse; the caller releases *run, also on error. 0, or -EBADMSG (not logged) if the
 * document is not "outpost.test/1".
 */
int out_test_from_json(json_t *document, struct run_result *run);

/* An entry of a report's trace; `source` may be NULL. The caller owns the reference. */
json_t *out_frame_json(const struct klog_frame *frame, const struct frame_source *source);

/* Adds what is known from the sources to a report's object. */
void out_set_source_json(json_t *report, const struct report_source *source);

/* Prints a document and a newline to stdout; drops the reference. 0 or -errno, logged. */
int out_json(json_t *document);

/* As out_json(), but on one line: for commands that print several documents. */
int out_json_line(json_t *document);

/*
 * Writes JUnit XML that matches the schemas of Jenkins and Maven Surefire: one suite, one test
 * case per module. A module that was judged and did not pass (fail, crash, hang, inconclusive)
 * has a <failure>, one that could not be judged (lost, error) an <error>. Replaces the file
 * atomically. 0 or -errno, logged.
 */
int out_junit(const char *path, const struct run_result *run);

#endif
