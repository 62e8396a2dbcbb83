/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Test results as Linux Documentation/dev-tools/ktap.rst defines them (KTAP
 * version 1), and leniently what others print: TAP 13 and 14, nesting by any
 * indentation, no numbers, kselftest's "Bail out!" and "1..0 # SKIP".
 *
 * Fed line by line; nothing is allocated, and each line costs time in
 * proportion to its length. Deeper nesting than KTAP_MAX_DEPTH is counted in
 * its innermost level; longer names are cut.
 */
#ifndef OUTPOST_KTAP_H
#define OUTPOST_KTAP_H

#include <stdbool.h>
#include <stddef.h>

#define KTAP_MAX_DEPTH  8
#define KTAP_MAX_FAILED 16
#define KTAP_NAME_SIZE  128

enum ktap_source {
	KTAP_STDOUT,     /* what a test program prints: a version line may be missing */
	KTAP_KERNEL_LOG, /* results count only in a document that a version line began */
};

/*
 * What was found. Leaf tests are counted; the line of a suite is checked
 * against its tests. TODO and XFAIL are expected and do not fail; a directive
 * that ktap.rst does not know (XPASS) leaves "ok" and "not ok" as they are.
 */
struct ktap_result {
	unsigned int pass, fail, skip, todo;
	unsigned int error, timeout; /* those of `fail` that say so */
	bool seen;                   /* there were results, or a plan */
	bool plan_broken;            /* fewer or more results than announced, or numbers missing */
	bool contradiction;          /* a suite says ok though a test of it failed */
	bool bailed;                 /* "Bail out!" */
	bool too_deep;               /* nested deeper than KTAP_MAX_DEPTH */
	unsigned int n_failed;       /* names of failed tests, "suite.test"; `fail` may be more */
	char failed[KTAP_MAX_FAILED][KTAP_NAME_SIZE];
	char why[160]; /* the first thing wrong apart from failed tests, for people; or "" */
};

struct ktap_level {
	size_t indent;
	unsigned int planned; /* valid if has_plan */
	unsigned int results; /* result lines so far */
	unsigned int highest; /* highest test number */
	unsigned int failed;  /* failures within, of its own tests and those below */
	bool has_plan;
	char name[KTAP_NAME_SIZE]; /* of the suite where known, from "# Subtest:" */
};

struct ktap {
	enum ktap_source source;
	bool in_document; /* results count */
	size_t depth;     /* levels in use */
	struct ktap_level levels[KTAP_MAX_DEPTH];
	/* The suite that ended last, waiting for the line of its own. */
	struct ktap_level child;
	bool has_child;
	/* Number of the last result of a document that its plan ended; 0: none. */
	unsigned int last_number;
	struct ktap_result result;
};

void ktap_init(struct ktap *k, enum ktap_source source);

/* One line, with or without its newline. Prefixes of log lines are taken off. */
void ktap_feed(struct ktap *k, const char *line, size_t n);

/* No more will come: checks what is still missing. The result stays in `k`. */
const struct ktap_result *ktap_finish(struct ktap *k);

/* There were results, and nothing failed or contradicts them. */
bool ktap_passed(const struct ktap_result *result);

#endif
