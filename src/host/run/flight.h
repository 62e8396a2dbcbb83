/* SPDX-License-Identifier: GPL-2.0-only */
/* What a run was sent with, and whether the board has it. */
#ifndef OUTPOST_RUN_FLIGHT_H
#define OUTPOST_RUN_FLIGHT_H

#include "host/board/deploy.h"

struct run_request;
struct run_flight;

/* `deploy` becomes its own; NULL: another host process sent the run. */
struct run_flight *run_flight_new(const struct run_request *q, struct deploy *deploy);
void run_flight_free(struct run_flight *flight);

/* Queues the files that the board has not got. 0 or -errno, logged. */
int run_flight_send(struct run_flight *flight, struct session *session);
/* The board lacks this one. 0 or -errno, logged. */
int run_flight_need(struct run_flight *flight, struct session *session, const outpost_Need *need);

/* All is on its way. */
void run_flight_sent(struct run_flight *flight);
/* The board has the plan. */
void run_flight_accept(struct run_flight *flight);
bool run_flight_is_accepted(const struct run_flight *flight);
/* The board lost it again. Once that may be. */
void run_flight_lose(struct run_flight *flight);
/* The board does not know the run, of which something `began` or not: may it be sent (again)? */
bool run_flight_may_repeat(const struct run_flight *flight, bool began);
/* From the sending until the board had it; -1: not known. */
int run_flight_ms(const struct run_flight *flight);

#endif
