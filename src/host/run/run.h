/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Carrying out a plan on a board, up to the verdicts. The run itself is the
 * board's matter (see the agent's supervisor); here it is started, followed
 * through cut links, crashes and reboots, and judged.
 */
#ifndef OUTPOST_RUN_H
#define OUTPOST_RUN_H

#include "host/module/module.h"
#include "host/judge/result.h"
#include "host/board/session.h"
#include "host/store/store.h"

#define RUN_RETURN_MS \
	60000 /* how long a board may take to come back, unless told otherwise \
	       */

/* One may switch the power only, another one wait until the board has booted. */
#define RUN_HOOK_MS 120000

/* A board that works makes progress within this time; otherwise it is asked again. */
#define RUN_PATIENCE_MS 60000

struct run_request {
	const struct board *board;
	const struct module_list
		*modules; /* those with an error are carried over into the results */
	outpost_Purpose purpose;
	const char *params;  /* instead of each module's own; NULL: those */
	const char *release; /* that the modules are for; NULL: any */
	int repeat;
	bool no_reboot;
	int limit_ms;    /* for load, test and unload each, instead of the modules' own; 0: those */
	int wait_ms;     /* for a board that another run holds */
	int return_ms;   /* 0: RUN_RETURN_MS, or longer where its boots take long */
	int hook_ms;     /* for the power-cycle hook to end; 0: RUN_HOOK_MS */
	int patience_ms; /* 0: RUN_PATIENCE_MS */
	long long (*now_ms)(void); /* the clock, for tests; NULL: monotonic_ms() */
	struct store *store;
	/* Resets a vm that does not answer, within the time or (0) what it takes to boot. 0 or -errno,
	 * said. NULL: it cannot be reset. */
	int (*reset_vm)(const char *name, int timeout_ms);
	/* What is being done, of `done` modules out of `total`; or NULL. */
	void (*progress)(const char *doing, const char *module, size_t done, size_t total,
			 void *arg);
	void *arg;
};

/* How a run came out. Trouble is no outcome but -errno. */
enum run_outcome {
	OUTCOME_JUDGED, /* *out has the results, also when modules crashed or the board was lost */
	OUTCOME_INTERRUPTED, /* by the user: *out has what is known, or nothing (n is 0) */
	OUTCOME_OTHER_KERNEL, /* the board does not run `release` (see session_welcome()); not logged */
	OUTCOME_HELD,         /* another run holds the board; logged */
	OUTCOME_UNKNOWN,      /* run_collect(): the board does not know the run; not logged */
	OUTCOME_FOLLOWED,     /* run_collect(): another process here follows it; not logged */
};

/*
 * *session may be NULL, and is another one afterwards where the link was cut;
 * it is the caller's in any case. The run stands in the store as open until
 * the caller closes it with the result.
 *
 * An enum run_outcome, or -errno, logged: nothing was judged. *out is for
 * run_result_release() in any case.
 */
int run_execute(const struct run_request *request, struct session **session,
		struct run_result *out);

/*
 * Ends a run whose host went away: takes in what the board has of it, has the
 * rest carried out, and judges. As run_execute(); after -errno the board may
 * still have the run.
 */
int run_collect(const struct run_request *request, const char *run, struct session **session,
		struct run_result *out);

/*
 * The result is in the store: the board need not keep the run for us. Waits
 * for nothing, and says nothing where there is no session any more.
 */
void run_collected(struct session *session, const struct run_result *result);

#endif
