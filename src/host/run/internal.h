/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the files of host/run. */
#ifndef OUTPOST_RUN_INTERNAL_H
#define OUTPOST_RUN_INTERNAL_H

#include "host/run/flight.h"
#include "host/run/journal.h"
#include "host/run/link.h"
#include "host/run/recover.h"
#include "host/run/run.h"
#include "host/run/standing.h"
#include "host/run/wait.h"

/* The plan as it is sent to the board. */
struct plan {
	outpost_PlanModule *modules;
	size_t n;
	size_t n_asked; /* modules of the request */
	/* For each module of the request: */
	int *index; /* in `modules`; -1: not in the plan */
	char **why; /* why it is not in the plan; NULL: it is, or has an error of its own */
};

/* Each part is an opaque struct that only its own .c file defines and writes. */
struct run {
	const struct run_request *q;
	struct run_journal *journal;
	struct run_link *link;
	struct run_recovery *recovery;
	struct run_standing *standing;
	struct run_wait *wait;
	struct run_flight *flight;
	struct plan plan;
	struct adopted *adopted; /* of a run that another host process started; or NULL */
	unsigned int replies;    /* so far, other than Busy */
	long long began_ms;
	long long began_s;
};

/* run.c */
/* Takes ownership of `deploy`; NULL: another host process sent the run. */
void run_begin(struct run *run, const struct run_request *q, struct session **session,
	       const char *id, struct deploy *deploy);
void run_release(struct run *run);
/* Follows the run to its end, and judges it. Returns as run_execute(). */
int run_carry_out(struct run *run, struct run_result *out);
/* Calls the progress callback. */
void run_say(const struct run *run, const char *doing, const char *object);

static inline const struct evidence_list *run_evidence(const struct run *run)
{
	return run_journal_evidence(run->journal);
}

/* send.c: queue requests; 0 or -errno */
int run_send_flight(struct run *run); /* files, plan and start */
int run_send_start(struct run *run, const outpost_Start *what);
int run_send_rest(struct run *run); /* a Start of what is still to do in this attempt */
int run_send_attach(const struct run_journal *journal, struct session *session);
int run_send_cancel(struct run *run);
/* Turns SESSION_ENDED into 0: a cut link shows again in the next session_receive(). */
int run_ignore_cut(int r);

/* follow.c: 0, or -errno (logged, except -EINTR). Why the run ended is in run->standing. */
int run_follow(struct run *run);
/* After the end: tries the doubtful modules a second time when the board is free. */
int run_second_attempt(struct run *run);
/* Reconnects and attaches. 0, also when the board is lost; otherwise as run_follow(). */
int run_reattach(struct run *run);

/* reply.c: handles one REPLY frame. Returns as run_follow(). */
int run_take_reply(struct run *run, const struct frame *frame);

/* collect.c: makes the plan from the journal; false: the journal does not have it yet. */
bool run_adopt_plan(struct run *run);

/* plan.c */
/* 0 or -errno, logged. */
int plan_make(struct plan *plan, const struct run_request *q, struct deploy *deploy);
/* Makes a plan that asks for each module in a run's journal. */
void plan_adopt(struct plan *plan, const struct evidence_list *list);
void plan_release(struct plan *plan);
/* The index of a marked module that module `a` of the plan needs, or -1. */
int plan_needs_any(const struct plan *plan, size_t a, const bool *marked);

/* link.c */
/*
 * Opens a new session after the link was cut (run_recovery_note_cut()) or given up, and queues
 * Attach. 0, -EINTR, or -errno when the board is lost (logged).
 */
int run_reconnect(struct run *run);
/* Notes the identity of the board, and whether it has rebooted. */
void run_greet(struct run *run, const outpost_Welcome *welcome);

/* run_symbolize.c */
/*
 * Adds functions, files and lines to the reports and the summary of a result. `index` is its
 * index in the plan; `log` is the kernel log in which the reports count lines.
 */
void run_symbolize(const struct run *run, size_t index, const char *log, struct result *result);

/* run_result.c */
void run_judge(struct run *run, struct run_result *out);
/*
 * The modules without an attempt, except those that need one that took the board down. Judges
 * only the modules that they need.
 */
void run_rest(const struct run *run, outpost_Start *start);
/* The modules that are inconclusive after their first attempt. Judges all of them. */
void run_doubtful(const struct run *run, outpost_Start *start);

#endif
