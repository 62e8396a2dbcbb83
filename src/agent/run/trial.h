/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shared by the parts of a trial.
 *
 *	trial.c		one module from its beginning to its end
 *	trial_steps.c	a step in its child, with its limit; load, test, unload
 *	trial_prove.c	no module: an intentional panic
 *	trial_needs.c	what the module needs: loads it before, unloads it after
 */
#ifndef OUTPOST_AGENT_TRIAL_H
#define OUTPOST_AGENT_TRIAL_H

#include "agent/run/supervisor.h"

/* --- trial_steps.c --- */

/* The board must be rebooted; the first reason is kept. */
void trial_need_reboot(struct supervisor *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

void trial_begin_step(struct supervisor *s, outpost_Step step, uint32_t repetition);
void trial_end_step(struct supervisor *s, const outpost_StepEnd *end);

/*
 * Runs fn(arg) in a child with a time limit, and fills `end`. Its step decides whether a
 * cancel ends it: steps that clean up continue.
 */
void trial_run_step(struct supervisor *s, step_fn fn, const void *arg, uint32_t limit_ms,
		    outpost_StepEnd *end);

/*
 * Load or unload any module of the plan, as part of the step of `end`. 0, or -1 with the
 * reason in `end`.
 */
int trial_load_blob(struct supervisor *s, const outpost_PlanModule *module, outpost_StepEnd *end);
int trial_unload_any(struct supervisor *s, const outpost_PlanModule *module, outpost_StepEnd *end);

/* Complete steps of the current module. */
void trial_load(struct supervisor *s, uint32_t repetition, outpost_StepEnd *end);
void trial_test(struct supervisor *s, uint32_t repetition, outpost_StepEnd *end);
void trial_unload(struct supervisor *s, uint32_t repetition, outpost_StepEnd *end);

/* Does the module stay loaded: is that the purpose of the run, and was it not cancelled? */
bool trial_leaves_loaded(const struct supervisor *s);

/* --- trial_prove.c --- */

/*
 * Writes the current module's name to the kernel log and panics the board. Returns only if
 * that fails; the step's end has the reason.
 */
void trial_prove(struct supervisor *s);

/* --- trial_needs.c --- */

/* Loads what the current module needs. false: this failed; `why` has the reason. */
bool trial_prepare(struct supervisor *s, char *why, size_t size);
void trial_restore(struct supervisor *s);

#endif
