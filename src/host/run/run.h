/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs a plan on a board and judges it. The supervisor in the agent carries the run out; this
 * code starts it, follows it through cut links, crashes and reboots, and judges the evidence.
 */
#ifndef OUTPOST_RUN_H
#define OUTPOST_RUN_H

#include "host/module/module.h"
#include "host/judge/result.h"
#include "host/board/session.h"
#include "host/store/store.h"

/* How long a board may take to come back, by default. */
#define RUN_RETURN_MS 60000

/* A hook may only switch the power, or wait until the board has booted. */
#define RUN_HOOK_MS 120000

/* A board that works makes progress within this time; otherwise the host reconnects. */
#define RUN_PATIENCE_MS 60000

struct run_request {
	const struct board *board;
	const struct module_list
		*modules; /* modules with an error go into the results as they are */
	outpost_Purpose purpose;
	const char *params;  /* instead of each module's own; NULL: each module's own */
	const char *release; /* the kernel release of the modules; NULL: any */
	int repeat;
	bool no_reboot;
	int limit_ms;              /* for load, test and unload each; 0: the modules' own limits */
	int wait_ms;               /* how long to wait for a board that another run holds */
	int return_ms;             /* 0: RUN_RETURN_MS, or longer if the board boots slowly */
	int hook_ms;               /* for the power-cycle hook; 0: RUN_HOOK_MS */
	int patience_ms;           /* 0: RUN_PATIENCE_MS */
	long long (*now_ms)(void); /* the clock, for tests; NULL: monotonic_ms() */
	struct store *store;
	/* Shows what is being done; `done` of `total` modules are finished. May be NULL. */
	void (*progress)(const char *doing, const char *module, size_t done, size_t total,
			 void *arg);
	void *arg;
};

/* The outcome of a run. Failures are not outcomes, but -errno. */
enum run_outcome {
	OUTCOME_JUDGED, /* *out has the results, also when modules crashed or the board was lost */
	OUTCOME_INTERRUPTED, /* by the user: *out has what is known, or nothing (n is 0) */
	OUTCOME_OTHER_KERNEL, /* the board does not run `release` (see session_welcome()); not logged */
	OUTCOME_HELD,         /* another run holds the board; logged */
	OUTCOME_UNKNOWN,      /* run_collect(): the board does not know the run; not logged */
	OUTCOME_DAMAGED,      /* run_collect(): nothing in its journal can be judged; logged */
	OUTCOME_FOLLOWED, /* run_collect(): another process on this host follows it; not logged */
};

/*
 * Runs the modules of a request. *session stays the caller's; it may be NULL, and is replaced
 * if the link is cut. The run is open in the store until the caller closes it with the result.
 *
 * An enum run_outcome, or -errno, logged: nothing was judged. *out needs run_result_release()
 * in any case.
 */
int run_execute(const struct run_request *request, struct session **session,
		struct run_result *out);

/*
 * Finishes a run whose host process went away: reads what the board has of it, has the rest
 * carried out, and judges it. Returns as run_execute(); after -errno the board may still have
 * the run.
 */
int run_collect(const struct run_request *request, const char *run, struct session **session,
		struct run_result *out);

/*
 * Tells the board that the result is in the store, so that it need not keep the run. Does not
 * wait; does nothing without a session.
 */
void run_collected(struct session *session, const struct run_result *result);

#endif
