/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All boards at once, for `outpost status`: the user's, the virtual Pis, and those of this
 * gateway. Each is asked by a process of its own, so that one that does not answer, or hangs
 * the ssh in front of it, delays no other.
 */
#ifndef OUTPOST_SURVEY_H
#define OUTPOST_SURVEY_H

#include "host/board/board.h"
#include "host/tunnel/status.h"

#include <jansson.h>
#include <stddef.h>

struct survey_board {
	struct board *board;
	bool of_gateway;       /* it is a board of this gateway */
	enum tunnel_seen seen; /* of these */
	struct tunnel_status tunnel;
	/*
	 * What was found out; never NULL after survey_ask(). {"reachable":true, "kernel",
	 * "machine", "model", "agent", "boot_id", "uptime_s", "lock":{"run","user","since_s"} or
	 * null, "loaded":[name...], "loaded_more"}, where lock and loaded are missing if its agent
	 * is too old to know; or {"reachable":false, "why", "hint" or null}. Texts are as the board
	 * sent them, but in UTF-8.
	 */
	json_t *answer;
	json_t *last; /* its last run: a row of store_list(); NULL: none */
};

struct survey {
	struct survey_board *list; /* sorted by name */
	size_t n;
};

void survey_release(struct survey *survey);

/* `only`: this board alone; NULL: all. `root`: as for tunnel_boards_read(). 0 or -errno, logged. */
int survey_boards(const char *root, const char *only, struct survey *survey);

/*
 * Asks all boards side by side. Gives up on a board after `timeout_ms`, or twice that if a
 * shared connection turned out to be dead. 0; -EINTR.
 */
int survey_ask(struct survey *survey, int timeout_ms);

/* Adds the last run of each board. 0 or -errno, logged. */
int survey_add_runs(struct survey *survey);

/* What one board answers: see struct survey_board. The caller owns the reference. */
json_t *survey_answer(const struct board *board, int timeout_ms);

#endif
