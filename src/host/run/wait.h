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

/* The user has interrupted (process_interrupted, which is taken back): RUN_CANCEL_MS from now on. */
void run_wait_interrupt(struct run_wait *wait);
bool run_wait_is_interrupted(const struct run_wait *wait);
/* Gives process_interrupted back to the rest of the program. */
void run_wait_pass_interrupt_on(const struct run_wait *wait);
/* An earlier host process was interrupted: what is not through is left. */
void run_wait_give_up(struct run_wait *wait);
/* Either. */
bool run_wait_is_unwanted(const struct run_wait *wait);

/* Somebody else's turn: as long as the user said, from the first time on. */
void run_wait_for_turn(struct run_wait *wait);
/* It is ours, and takes as long as it takes. */
void run_wait_turn_came(struct run_wait *wait);
/* The time for our turn, or after an interrupt, has passed. */
bool run_wait_is_over(const struct run_wait *wait);

/* The clock of this run: CLOCK_MONOTONIC in milliseconds. */
long long run_now_ms(const struct run_request *q);

/* A board that is there gets on within this. */
int run_patience_ms(const struct run_request *q);
/*
 * How long nothing need be heard of a run, for all that its supervisor may do: one that can no
 * longer write its journal says nothing until the module is through, after the repetition that it
 * is in.
 */
long long run_quiet_ms(const struct run_request *q, const struct evidence_list *list);

#endif
