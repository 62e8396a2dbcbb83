/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of a trial share.
 *
 *	trial.c		one module from its beginning to its end
 *	trial_steps.c	a step in its child, with its limit; load, test, unload
 *	trial_prove.c	no module: a panic on purpose
 *	trial_needs.c	what the module needs: loaded before, unloaded after
 */
#ifndef OUTPOST_AGENT_TRIAL_H
#define OUTPOST_AGENT_TRIAL_H

#include "agent/run/supervisor.h"

/* --- trial_steps.c --- */

/* The board must not go on like this; the first reason counts. */
void trial_need_reboot(struct supervisor *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

void trial_begin_step(struct supervisor *s, outpost_Step step, uint32_t repetition);
void trial_end_step(struct supervisor *s, const outpost_StepEnd *end);
bool trial_step_ok(const outpost_StepEnd *end);

/*
 * Runs fn(arg) in a child with a time limit, and fills `end`, whose step says
 * whether a cancel ends it: what tidies up goes on.
 */
void trial_run_step(struct supervisor *s, step_fn fn, const void *arg, uint32_t limit_ms,
		    outpost_StepEnd *end);

/* Any module of the plan, within the step that `end` is of. 0, or -1 and `end` says why. */
int trial_load_blob(struct supervisor *s, const outpost_PlanModule *module, outpost_StepEnd *end);
int trial_unload_any(struct supervisor *s, const outpost_PlanModule *module, outpost_StepEnd *end);

/* Whole steps of the current module. */
void trial_load(struct supervisor *s, uint32_t repetition, outpost_StepEnd *end);
void trial_test(struct supervisor *s, uint32_t repetition, outpost_StepEnd *end);
void trial_unload(struct supervisor *s, uint32_t repetition, outpost_StepEnd *end);

/* Is it left loaded: because that is what the run is for, and nobody cancelled it? */
bool trial_leaves_loaded(const struct supervisor *s);

/* --- trial_prove.c --- */

/* Panics the board, having said the current module's name in the kernel log. Comes back only where
 * that cannot be done; the step's end says why. */
void trial_prove(struct supervisor *s);

/* --- trial_needs.c --- */

/* false: it is not there, and `why` says so. */
bool trial_prepare(struct supervisor *s, char *why, size_t size);
void trial_restore(struct supervisor *s);

#endif
