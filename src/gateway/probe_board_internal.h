/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by probe_board.c and probe_updown.c only. */
#ifndef OUTPOST_GATEWAY_PROBE_BOARD_INTERNAL_H
#define OUTPOST_GATEWAY_PROBE_BOARD_INTERNAL_H

#include "gateway/probe_board.h"

/* There is no way through the tunnel, now for this reason; begins an outage if it was up. */
void probe_set_down(struct probe_board *board, enum tunnel_reason reason);

/* A ping was answered, and it was not up: ends an outage. */
void probe_set_up(struct probe_board *board, struct probe_time now);

/* Adds what the carrier moved since the last echo. Call before probe_set_up(). */
void probe_count_bytes(struct probe_board *board, const struct probe_echo *echo);

#endif
