/* SPDX-License-Identifier: GPL-2.0-only */
/* How results are shown: a table, one JSON document, JUnit XML. */
#ifndef OUTPOST_OUT_H
#define OUTPOST_OUT_H

#include "common/strbuf.h"
#include "host/judge/result.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* Colour on this stream? Only a terminal that is not dumb, and without NO_COLOR. */
bool out_colour(FILE *stream);

/* The verdict table with times, failed tests and reports beneath, and a closing line of counts. */
void out_table(FILE *stream, const struct run_result *run, bool verbose);

/* The source lines of a report and its stack, below what the caller has said of it. */
void out_report(FILE *stream, const struct klog_report *report, const struct report_source *source,
		bool verbose);

/* "3 passed, 1 failed, 1 crashed"; "nothing was tested". */
void out_counts(struct strbuf *out, const unsigned int counts[VERDICT_COUNT]);

/* "41 ms", "3.1 s", "2m05s": at most 6 columns below a hundred hours. */
void out_duration(struct strbuf *out, long long ms);

/*
 * The document "outpost.test/1"; the caller's reference. Beyond what others
 * may rely on it has all that the table shows, so that a stored run can be
 * shown again. Text that is not UTF-8 has U+FFFD in the places.
 */
json_t *out_test_json(const struct run_result *run);

/* The other way: *run is to be released. 0, or -EBADMSG when it is not such a document (not logged).
 */
int out_test_from_json(json_t *document, struct run_result *run);

/* NULL becomes null; each byte that is not UTF-8 becomes U+FFFD. The caller's reference. */
json_t *out_text_json(const char *text);

/* An entry of a report's trace; `source` may be NULL. The caller's reference. */
json_t *out_frame_json(const struct klog_frame *frame, const struct frame_source *source);

/* Adds to a report's object what is known of it in the sources. */
void out_set_source_json(json_t *report, const struct report_source *source);

/* Prints a document and a newline to stdout; frees the reference. 0 or -errno, logged. */
int out_json(json_t *document);

/* Likewise, on one line: for commands that print more than one. */
int out_json_line(json_t *document);

/*
 * JUnit XML as the schemas of Jenkins and Maven Surefire have it: one suite, a
 * test case for each module. What was judged and did not pass (fail, crash,
 * hang, inconclusive) is a <failure>, what could not be judged (lost, error)
 * an <error>. Writes the file as a whole. 0 or -errno, logged.
 */
int out_junit(const char *path, const struct run_result *run);

#endif
