/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KTAP for kernels that have no KUnit: a module tests itself when it is loaded
 * and says the outcome in the kernel log, where Outpost (or any KTAP parser,
 * such as the kernel's own kunit.py) finds it.
 *
 *	struct ktap ktap;
 *
 *	ktap_start(&ktap, "hello", 2);
 *	ktap_test(&ktap, "adds", add(1, 2) == 3);
 *	ktap_skip(&ktap, "multiplies", "no hardware for that");
 *	ktap_end(&ktap);
 *
 * prints one suite as a test with subtests, the way KUnit prints its own:
 *
 *	KTAP version 1
 *	1..1
 *	  KTAP version 1
 *	  # Subtest: hello
 *	  1..2
 *	  ok 1 adds
 *	  ok 2 multiplies # SKIP no hardware for that
 *	ok 1 hello
 *
 * The format: Documentation/dev-tools/ktap.rst of the kernel. This file needs
 * no other: copy it beside your own sources if they live elsewhere. A module
 * may print several suites, one after the other. The caller may sleep or not.
 */
#ifndef OUTPOST_KTAP_H
#define OUTPOST_KTAP_H

#include <linux/printk.h>
#include <linux/types.h>

struct ktap {
	const char *suite;	/* must outlive the suite; no '#' in it or in a test's name */
	unsigned int planned;
	unsigned int done;
	unsigned int failed;
};

/* Not pr_info(), whatever checkpatch says: the prefix that a module may define is not KTAP. */
#define ktap_print(fmt, ...) printk(KERN_INFO fmt "\n", ##__VA_ARGS__)

/* Starts a suite of exactly `planned` tests: a test that is not reached fails the suite. */
static inline void ktap_start(struct ktap *ktap, const char *suite, unsigned int planned)
{
	*ktap = (struct ktap){ .suite = suite, .planned = planned };

	ktap_print("KTAP version 1");
	ktap_print("1..1");
	ktap_print("  KTAP version 1");
	ktap_print("  # Subtest: %s", suite);
	ktap_print("  1..%u", planned);
}

/* One test; prints the text and place of `condition` if it fails. Returns whether it held. */
#define ktap_test(ktap, name, condition)					\
	ktap_result(ktap, name, condition, #condition, __FILE__, __LINE__)

static inline bool ktap_result(struct ktap *ktap, const char *name, bool ok,
			       const char *condition, const char *file, int line)
{
	ktap->done++;
	if (!ok) {
		ktap->failed++;
		ktap_print("  # %s: expected %s at %s:%d", name, condition, file, line);
	}
	ktap_print("  %sok %u %s", ok ? "" : "not ", ktap->done, name);
	return ok;
}

/* A test that cannot be made here, and why. It does not fail the suite. */
static inline void ktap_skip(struct ktap *ktap, const char *name, const char *why)
{
	ktap->done++;
	ktap_print("  ok %u %s # SKIP %s", ktap->done, name, why);
}

static inline void ktap_end(const struct ktap *ktap)
{
	bool ok = !ktap->failed && ktap->done == ktap->planned;

	ktap_print("%sok 1 %s", ok ? "" : "not ", ktap->suite);
}

#endif
