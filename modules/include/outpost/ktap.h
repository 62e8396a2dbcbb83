/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KTAP for kernels without KUnit: a module tests itself when it is loaded and
 * prints the results to the kernel log, where Outpost (or any KTAP parser, such
 * as the kernel's own kunit.py) finds them.
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
 * The format is described in the kernel's Documentation/dev-tools/ktap.rst. This
 * file is self-contained: copy it to your own sources if they live elsewhere. A
 * module may print several suites, one after the other. Can be called from any
 * context.
 */
#ifndef OUTPOST_KTAP_H
#define OUTPOST_KTAP_H

#include <linux/printk.h>
#include <linux/types.h>

struct ktap {
	const char *suite;	/* must outlive the suite; no '#' here or in the name of a test */
	unsigned int planned;
	unsigned int done;
	unsigned int failed;
};

/* Not pr_info(), whatever checkpatch says: a module's pr_fmt() prefix would break KTAP. */
#define ktap_print(fmt, ...) printk(KERN_INFO fmt "\n", ##__VA_ARGS__)

/* Starts a suite of exactly `planned` tests: if one is not reached, the suite fails. */
static inline void ktap_start(struct ktap *ktap, const char *suite, unsigned int planned)
{
	*ktap = (struct ktap){ .suite = suite, .planned = planned };

	ktap_print("KTAP version 1");
	ktap_print("1..1");
	ktap_print("  KTAP version 1");
	ktap_print("  # Subtest: %s", suite);
	ktap_print("  1..%u", planned);
}

/* One test; if `condition` is false, prints its text and place. Returns the condition. */
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

/* A test that cannot run here, and why. It does not fail the suite. */
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
