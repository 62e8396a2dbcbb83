/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of a run share. */
#ifndef OUTPOST_RUN_INTERNAL_H
#define OUTPOST_RUN_INTERNAL_H

#include "host/run/flight.h"
#include "host/run/journal.h"
#include "host/run/link.h"
#include "host/run/recover.h"
#include "host/run/run.h"
#include "host/run/standing.h"
#include "host/run/wait.h"

/* The plan, as it travels. */
struct plan {
	outpost_PlanModule *modules;
	size_t n;
	size_t n_asked; /* modules of the request */
	int *index;     /* for each module of the request: its place in the plan, -1: not in it */
	char **why;     /* likewise: why it is not; NULL: it is, or has an error of its own */
};

/* Each part is known to its own file only. */
struct run {
	const struct run_request *q;
	struct run_journal *journal;
	struct run_link *link;
	struct run_recovery *recovery;
	struct run_standing *standing;
	struct run_wait *wait;
	struct run_flight *flight;
	struct plan plan;
	struct adopted *adopted; /* a run that another host process started; or NULL */
	long long began_ms;
	long long began_s;
};

/* run.c */
/* `deploy` becomes the run's; NULL: another host process sent it. */
void run_begin(struct run *run, const struct run_request *q, struct session **session,
	       const char *id, struct deploy *deploy);
void run_release(struct run *run);
/* Follows what was sent to its end, and judges. As run_execute(). */
int run_carry_out(struct run *run, struct run_result *out);
/* Reports what is being done to the progress callback. */
void run_say(const struct run *run, const char *doing, const char *object);

static inline const struct evidence_list *run_evidence(const struct run *run)
{
	return run_journal_evidence(run->journal);
}

/* send.c: queues; 0 or -errno */
int run_send_flight(struct run *run); /* files, plan and start */
int run_send_start(struct run *run, const outpost_Start *what);
int run_send_rest(struct run *run); /* a Start of what is still to do in this attempt */
int run_send_attach(const struct run_journal *journal, struct session *session);
int run_send_cancel(struct run *run);
/* A cut link is no error yet: it shows again when the next frame is waited for. */
int run_ignore_cut(int r);

/* follow.c: 0, or -errno, logged but for -EINTR. Why it came to an end is in run->standing. */
int run_follow(struct run *run);
/* After the end: retries the doubtful modules when the board is free. */
int run_once_more(struct run *run);
/* Another connection, and Attach. 0, also when the board is lost; or as run_follow(). */
int run_reattach(struct run *run);

/* reply.c: one REPLY frame. As run_follow(). */
int run_take_reply(struct run *run, const struct frame *frame);

/* collect.c: makes the plan out of the journal's; false: that is not here. */
bool run_adopt_plan(struct run *run);

/* plan.c */
/* 0 or -errno, logged. */
int plan_make(struct plan *plan, const struct run_request *q, struct deploy *deploy);
/* Makes a plan of the modules in a run's journal, each of which is asked for. */
void plan_adopt(struct plan *plan, const struct evidence_list *list);
void plan_release(struct plan *plan);
/* Does module `a` of the plan need one of those marked? The index of it, or -1. */
int plan_needs_any(const struct plan *plan, size_t a, const bool *marked);

/* link.c */
/* Brings a new session about after the link was cut (run_recovery_note_cut()) or given up: the
 * Attach is queued. 0, -EINTR, or -errno when the board is lost. */
int run_reconnect(struct run *run);
/* The board has said who it is: notes whether it is another boot. */
void run_greet(struct run *run, const outpost_Welcome *welcome);

/* run_symbolize.c */
/*
 * Names functions, files and lines in the reports of a result, and in its
 * summary; `index` is its place in the plan, `log` the kernel log that the
 * reports count the lines of.
 */
void run_symbolize(const struct run *run, size_t index, const char *log, struct result *result);

/* run_result.c */
void run_judge(struct run *run, struct run_result *out);
/* The modules without an attempt, except those that need one that took the board down. Only what
 * they need is judged. */
void run_rest(const struct run *run, outpost_Start *start);
/* The modules that are inconclusive after their first attempt. Judges all of them. */
void run_doubtful(const struct run *run, outpost_Start *start);

#endif
