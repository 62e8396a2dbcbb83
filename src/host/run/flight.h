/* SPDX-License-Identifier: GPL-2.0-only */
/* The files and the plan of a run on their way to the board, and whether the board has them. */
#ifndef OUTPOST_RUN_FLIGHT_H
#define OUTPOST_RUN_FLIGHT_H

#include "host/board/deploy.h"

struct run_request;
struct run_flight;

/* Takes ownership of `deploy`; NULL: another host process sent the run. */
struct run_flight *run_flight_new(const struct run_request *q, struct deploy *deploy);
void run_flight_free(struct run_flight *flight);

/* Queues the files that the board does not have. 0 or -errno, logged. */
int run_flight_send(struct run_flight *flight, struct session *session);
/* Queues this file, which the board asked for. 0 or -errno, logged. */
int run_flight_need(struct run_flight *flight, struct session *session, const outpost_Need *need);

/* Files, plan and Start are queued. */
void run_flight_sent(struct run_flight *flight);
/* The board has confirmed the plan. */
void run_flight_accept(struct run_flight *flight);
bool run_flight_is_accepted(const struct run_flight *flight);
/* The board has lost the plan again. This may happen once. */
void run_flight_lose(struct run_flight *flight);
/* The board does not know the run: may it be sent (again)? `began`: a module of it has begun. */
bool run_flight_may_repeat(const struct run_flight *flight, bool began);
/* Milliseconds from sending until the board confirmed the plan; -1: unknown. */
int run_flight_ms(const struct run_flight *flight);

#endif
