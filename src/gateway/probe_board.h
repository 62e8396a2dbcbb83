/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One board, as the prober sees it: the connection to its probe socket, the pings on it, and
 * what they say about the tunnel. Everything that arrives is the board's, which may be
 * hostile: an answer that was not asked for ends the connection, and nothing here waits.
 *
 * One connection is held for as long as it lasts. A listener that accepts and says nothing is
 * not connected to again and again, because that keeps the sshd behind it from noticing that
 * the board is gone.
 */
#ifndef OUTPOST_GATEWAY_PROBE_BOARD_H
#define OUTPOST_GATEWAY_PROBE_BOARD_H

#include "common/probe.h"
#include "common/tunnel_status.h"
#include "gateway/probe_stats.h"

#include <stdbool.h>
#include <stdint.h>

/* clang-format off */
#define PROBE_PING_US       1000000u  /* between pings, unless the board asks for fewer */
#define PROBE_PING_MOST_US  30000000u /* between pings, whatever it asks for */
#define PROBE_LOST_US       3000000u  /* a ping without an answer: the tunnel is down */
#define PROBE_SILENT_US     180000000u /* without any answer: another connection is tried */
#define PROBE_UNANSWERED    5         /* pings; beyond it, no more are sent */
#define PROBE_RETRY_US      20000u    /* after a failure; doubles up to PROBE_RETRY_MOST_US */
#define PROBE_RETRY_MOST_US 2000000u
#define PROBE_GAP_US        200000u   /* between connections, however often the socket is made */
#define PROBE_PENALTY_US    30000000u /* after garbage */
/* clang-format on */

struct probe_time {
	uint64_t us;     /* CLOCK_MONOTONIC */
	int64_t wall_ms; /* since the epoch */
};

struct sent_ping {
	uint64_t sequence, sent_us;
	bool lost;
};

struct probe_board {
	int fd;        /* -1: not connected */
	bool greeted;  /* the hello has arrived on this connection */
	bool answered; /* and a ping was answered on it */
	uint64_t opened_us, retry_us, delay_us, penalty_us;

	uint8_t in[PROBE_HELLO_MAX]; /* received and not handled yet */
	size_t in_n;
	struct probe_hello hello;
	struct sent_ping pings[PROBE_UNANSWERED]; /* the oldest first */
	size_t n_pings;
	uint64_t sequence, next_ping_us, ping_us;
	uint64_t heard_us;
	int64_t heard_ms;
	struct probe_stats stats;

	struct tunnel_status status; /* without the figures of the window */
	bool was_up;                 /* at some time */
	int64_t resumed_since_ms;    /* up since then, as an earlier prober saw it; 0: none */
	bool counted;                /* the two below are set */
	uint64_t carrier_received, carrier_sent; /* of the last echo */
	struct tunnel_outage outage;             /* the one that lasts; start_ms 0: none */

	bool changed;   /* for the caller: the status should be written at once */
	bool has_ended; /* for the caller: status.last is new */
};

/* `old`: what an earlier prober wrote; NULL: nothing. */
void probe_board_init(struct probe_board *board, const struct tunnel_status *old,
		      struct probe_time now);

/* Closes the connection. */
void probe_board_release(struct probe_board *board);

/* The result of connecting: a non-blocking descriptor, which the board then owns, or -errno. */
void probe_board_connected(struct probe_board *board, int fd, struct probe_time now);

/* Its socket was made again: the connection leads to a listener that is gone or replaced. */
void probe_board_renewed(struct probe_board *board, struct probe_time now);

/* Takes some of what has arrived. May close the connection. */
void probe_board_read(struct probe_board *board, struct probe_time now);

/* Sends what is due, and notices what has not arrived in time. */
void probe_board_tick(struct probe_board *board, struct probe_time now);

/* When to call probe_board_tick(), or to connect if there is no connection; monotonic. */
uint64_t probe_board_due(const struct probe_board *board) __attribute__((pure));

/* The whole status. */
void probe_board_status(const struct probe_board *board, struct probe_time now,
			struct tunnel_status *status);

#endif
