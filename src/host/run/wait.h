/* SPDX-License-Identifier: GPL-2.0-only */
/* How long the host waits, and whether the user has interrupted. */
#ifndef OUTPOST_RUN_WAIT_H
#define OUTPOST_RUN_WAIT_H

#include "host/judge/evidence.h"

#define RUN_CANCEL_MS 15000 /* for an interrupted run to end properly */

struct run_request;
struct run_wait;

struct run_wait *run_wait_new(const struct run_request *q);
void run_wait_free(struct run_wait *wait);

/*
 * The user has interrupted: waits for RUN_CANCEL_MS at most from now on. Resets
 * process_interrupted.
 */
void run_wait_interrupt(struct run_wait *wait);
bool run_wait_is_interrupted(const struct run_wait *wait);
/* Sets process_interrupted again for the rest of the program. */
void run_wait_pass_interrupt_on(const struct run_wait *wait);
/* The user interrupted an earlier host process: the rest of the run is not started. */
void run_wait_give_up(struct run_wait *wait);
/* Either. */
bool run_wait_is_unwanted(const struct run_wait *wait);

/* Another run holds the board: waits as long as the user says, counted from the first call. */
void run_wait_for_turn(struct run_wait *wait);
/* It is our turn: the wait has no limit any more. */
void run_wait_turn_came(struct run_wait *wait);
/* The time to wait for our turn, or after an interrupt, is over. */
bool run_wait_is_over(const struct run_wait *wait);

/* The clock of this run: CLOCK_MONOTONIC in milliseconds. */
long long run_now_ms(const struct run_request *q);

/* A board that answers makes progress within this time, in milliseconds. */
int run_patience_ms(const struct run_request *q);
/*
 * How long a working run may send nothing, in milliseconds. A supervisor that cannot write its
 * journal any more sends nothing until the module is through, after the current repetition.
 */
long long run_quiet_ms(const struct run_request *q, const struct evidence_list *list);

#endif
