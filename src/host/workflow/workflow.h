/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The common part of test, load and unload: board, session, store, and modules built for the
 * board's kernel. The release of that kernel is remembered from the last time, so that
 * building and connecting overlap.
 */
#ifndef OUTPOST_WORKFLOW_H
#define OUTPOST_WORKFLOW_H

#include "host/workflow/context.h"
#include "host/board/board.h"
#include "host/build/build.h"
#include "host/kernel/kernel.h"
#include "host/run/run.h"

/* Options that the commands share. `in` is the member that holds them, with a dot, or empty. */
struct workflow_options {
	char *kernel;
	int wait_ms, return_ms;
	bool no_check;
	struct build_settings build;
};

/* Of commands that build modules. */
#define WORKFLOW_BUILD_OPTIONS(s, in)                                                        \
	BUILD_SETTINGS(s, in build.),                                                        \
		OPTION_STRING(s, in kernel, 'k', "kernel", "RELEASE", "build.kernel",        \
			      "require this kernel (default: the one that the board runs)"), \
		OPTION_FLAG(s, in no_check, 0, "no-check", NULL,                             \
			    "also send modules that 'outpost check' rejects")

/* Of all commands that open a workflow, because it collects runs that were left open. */
#define WORKFLOW_RETURN_OPTION(s, in)                                                         \
	OPTION_DURATION(s, in return_ms, 0, "return-timeout", "TIME", "board.return_timeout", \
			"time limit for a board to come back after a crash (default: "        \
			"60s, or 3 times its usual reboot time)")

/* Of commands that start a run. */
#define WORKFLOW_RUN_OPTIONS(s, in)                                             \
	OPTION_DURATION(s, in wait_ms, 'w', "wait", "TIME", NULL,               \
			"wait up to TIME if somebody else is using the board"), \
		WORKFLOW_RETURN_OPTION(s, in)

/* Additional options of test and watch. */
struct test_options {
	struct workflow_options workflow;
	char *junit;
	int limit_ms;
	int repeat;
	bool no_reboot;
};

#define TEST_OPTIONS                                                                             \
	OPTION_STRING(struct test_options, junit, 0, "junit", "FILE", NULL,                      \
		      "also write JUnit XML to FILE"),                                           \
		OPTION_DURATION(                                                                 \
			struct test_options, limit_ms, 't', "timeout", "TIME", "test.timeout",   \
			"time limit for each load, test and unload (default: from test.conf)"),  \
		OPTION_INT(struct test_options, repeat, 'n', "repeat", "N", 1, "test.repeat",    \
			   "load, test and unload each module N times"),                         \
		OPTION_FLAG(struct test_options, no_reboot, 0, "no-reboot", "test.no_reboot",    \
			    "continue without a reboot after a module that damaged the kernel"), \
		WORKFLOW_BUILD_OPTIONS(struct test_options, workflow.),                          \
		WORKFLOW_RUN_OPTIONS(struct test_options, workflow.)

/* The request that these commands send to a board; workflow_execute() completes it. */
struct run_request workflow_test(const struct test_options *options);

struct workflow {
	const struct context *ctx;
	const struct workflow_options *options;
	struct board *board;
	struct session *session;
	struct store *store;
	struct module_list modules;
	char *release; /* the kernel release that they are built for */
	char *tree;    /* the name of the tree that they were built with */
	int *check_ms; /* for each module */
	bool *refused; /* for each module: its error comes from the check */
};

/*
 * Opens board, store and connection, and collects runs that a host left open. 0 or -errno,
 * logged.
 */
int workflow_board(struct workflow *w, const struct context *ctx,
		   const struct workflow_options *options);
/*
 * Collects the open runs on all boards that answer, known ones and ssh destinations, or on that
 * of -b only. Logs what it did.
 */
void workflow_collect(const struct context *ctx, struct store *store);
void workflow_release(struct workflow *w);

/*
 * Builds and checks `paths`, with `tests`, and runs the plan on the board; does so again if
 * the board turns out to run a different kernel than last time. As run_execute(), but never
 * OUTCOME_OTHER_KERNEL. `request` is completed from `w`.
 */
int workflow_execute(struct workflow *w, char *const *paths, bool tests,
		     struct run_request *request, struct run_result *result);

/* Builds and checks only, for the kernel that the board reports. 0 or -errno, logged. */
int workflow_modules(struct workflow *w, char *const *paths);

/*
 * Stores a result, then allows the board to delete the run. `session` may be NULL. 0 or -errno,
 * logged.
 */
int workflow_keep(struct store *store, struct session *session, const struct run_result *result);

/* The paths to use. NULL, logged, if none is given and modules/ does not exist. */
char *const *workflow_paths(const char *command, int argc, char *const *argv);

#endif
