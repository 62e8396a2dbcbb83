/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Parses test results as defined in Linux Documentation/dev-tools/ktap.rst (KTAP version 1)
 * and, leniently, what others print: TAP 13 and 14, nesting by any indentation, no numbers,
 * kselftest's "Bail out!" and "1..0 # SKIP".
 *
 * Fed line by line; nothing is allocated, and the time for a line is proportional to its
 * length. Nesting deeper than KTAP_MAX_DEPTH is counted in the innermost level; longer names
 * are truncated.
 */
#ifndef OUTPOST_KTAP_H
#define OUTPOST_KTAP_H

#include <stdbool.h>
#include <stddef.h>

#define KTAP_MAX_DEPTH  8
#define KTAP_MAX_FAILED 16
#define KTAP_NAME_SIZE  128

enum ktap_source {
	KTAP_STDOUT,     /* output of a test program: a version line may be missing */
	KTAP_KERNEL_LOG, /* results count only in a document with a version line */
};

/*
 * The result. Leaf tests are counted; the line of a suite is checked against its tests. TODO
 * and XFAIL are expected and do not fail; a directive that ktap.rst does not define (XPASS)
 * does not change "ok" and "not ok".
 */
struct ktap_result {
	unsigned int pass, fail, skip, todo;
	unsigned int error, timeout; /* of `fail`, by their directive */
	bool seen;                   /* results or a plan were seen */
	bool plan_broken;            /* fewer or more results than planned, or missing numbers */
	bool contradiction;          /* a suite is ok although one of its tests failed */
	bool bailed;                 /* "Bail out!" */
	bool too_deep;               /* nesting is deeper than KTAP_MAX_DEPTH */
	unsigned int n_failed; /* names of failed tests, "suite.test"; may be fewer than `fail` */
	char failed[KTAP_MAX_FAILED][KTAP_NAME_SIZE];
	char why[160]; /* the first problem other than a failed test, for users; or "" */
};

struct ktap_level {
	size_t indent;
	unsigned int planned; /* valid if has_plan */
	unsigned int results; /* result lines so far */
	unsigned int highest; /* highest test number */
	unsigned int failed;  /* failures of its own tests and those below */
	bool has_plan;
	char name[KTAP_NAME_SIZE]; /* of the suite if known, from "# Subtest:" */
};

struct ktap {
	enum ktap_source source;
	bool in_document; /* results count */
	size_t depth;     /* levels in use */
	struct ktap_level levels[KTAP_MAX_DEPTH];
	/* The last suite that ended, waiting for its own result line. */
	struct ktap_level child;
	bool has_child;
	/* The number of the last result of a document that its plan ended; 0: none. */
	unsigned int last_number;
	struct ktap_result result;
};

void ktap_init(struct ktap *k, enum ktap_source source);

/* Feeds a line, with or without its newline. Removes prefixes of log lines. */
void ktap_feed(struct ktap *k, const char *line, size_t n);

/* Ends the input and checks what is missing. The result stays in `k`. */
const struct ktap_result *ktap_finish(struct ktap *k);

/* There are results, and nothing failed or contradicts them. */
bool ktap_passed(const struct ktap_result *result);

#endif
