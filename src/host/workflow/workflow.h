/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What test, load and unload have in common: board, session, store, and
 * modules built for the kernel that the board runs. Which that is, is
 * remembered from last time, so that building and connecting overlap.
 */
#ifndef OUTPOST_WORKFLOW_H
#define OUTPOST_WORKFLOW_H

#include "host/base/context.h"
#include "host/board/board.h"
#include "host/build/build.h"
#include "host/kernel/kernel.h"
#include "host/run/run.h"

/* Options that the commands share; `in` is the member that holds them, with a dot, or nothing. */
struct workflow_options {
	char *kernel;
	int wait_ms, return_ms;
	bool no_check;
	struct build_settings build;
};

#define WORKFLOW_OPTIONS(s, in)                                                                   \
	OPTION_STRING(s, in kernel, 'k', "kernel", "RELEASE", "build.kernel",                     \
		      "insist on this kernel (default: the one that the board runs)"),            \
		OPTION_FLAG(s, in no_check, 0, "no-check", NULL,                                  \
			    "send also what 'outpost check' says will not load"),                 \
		OPTION_DURATION(s, in wait_ms, 'w', "wait", "TIME", NULL,                         \
				"wait so long for a board that somebody else holds"),             \
		OPTION_DURATION(s, in return_ms, 0, "return-timeout", "TIME",                     \
				"board.return_timeout",                                           \
				"how long a board may take to come back after a crash (default: " \
				"60s, or 3 times what its last reboots took)")

/* What test and watch have beyond that. */
struct test_options {
	struct workflow_options prepare;
	char *junit;
	int limit_ms;
	int repeat;
	bool no_reboot;
};

#define TEST_OPTIONS                                                                           \
	OPTION_STRING(struct test_options, junit, 0, "junit", "FILE", NULL,                    \
		      "write JUnit XML, too"),                                                 \
		OPTION_DURATION(                                                               \
			struct test_options, limit_ms, 't', "timeout", "TIME", "test.timeout", \
			"time limit of load, test and unload each (default: test.conf's)"),    \
		OPTION_INT(struct test_options, repeat, 'n', "repeat", "N", 1, "test.repeat",  \
			   "load, test and unload each module N times"),                       \
		OPTION_FLAG(struct test_options, no_reboot, 0, "no-reboot", "test.no_reboot",  \
			    "go on without a reboot after a module that upset the kernel"),    \
		BUILD_SETTINGS(struct test_options, prepare.build.),                           \
		WORKFLOW_OPTIONS(struct test_options, prepare.)

/* What such a command asks a board for; workflow_execute() completes it. */
struct run_request workflow_test(const struct test_options *options);

struct workflow {
	const struct context *ctx;
	const struct workflow_options *options;
	struct board *board;
	struct session *session;
	struct store *store;
	struct module_list modules;
	char *release;   /* that they are built for */
	int *check_ms;   /* for each */
	bool *refused;   /* likewise: its error comes from the check */
	bool json_lines; /* more than one result is printed: each on one line */
};

/* Board, store and connection; runs left open by a host that went away are collected. 0 or -errno,
 * logged. */
int workflow_board(struct workflow *p, const struct context *ctx,
		   const struct workflow_options *options);
/* Collects what was left open on any board that answers (that of -b only, where given). Says what
 * it did. */
void workflow_collect(const struct context *ctx, struct store *store);
void workflow_release(struct workflow *p);

/*
 * Builds and checks `paths`, with `tests`, and has the plan carried out; once
 * more where the board turns out to run another kernel than last time. As
 * run_execute(), but never OUTCOME_OTHER_KERNEL. `request` is completed with what `p` has.
 */
int workflow_execute(struct workflow *p, char *const *paths, bool tests,
		     struct run_request *request, struct run_result *result);

/* Builds and checks only, for the kernel that the board says it runs. 0 or -errno, logged. */
int workflow_modules(struct workflow *p, char *const *paths);

/* After workflow_execute(), which returned `r`: stores the result and prints it; the exit status of
 * the command, or -errno, logged. */
int workflow_finish(struct workflow *p, int r, struct run_result *result, const char *junit);

/* The paths that are meant; NULL, logged, where none was given and there is no modules/. */
char *const *workflow_paths(const char *command, int argc, char *const *argv);

#endif
