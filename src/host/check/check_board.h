/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What only a board knows about its kernel, in addition to the tree: whether it requires
 * signatures, is locked down, and its page size; and, if a module depends on it, its keys and
 * symbols. The answers are cached for checks while the board is away.
 */
#ifndef OUTPOST_CHECK_BOARD_H
#define OUTPOST_CHECK_BOARD_H

#include "host/check/check.h"
#include "host/board/last_seen.h"
#include "host/board/session.h"

struct check_board {
	const struct board *board;
	struct session *session; /* greeted; NULL: use only what is known */
	struct last_seen_facts facts;
};

/*
 * Adds what is known about the board to what the tree says, if the board runs the same
 * release. `on` belongs to the caller, with board and session, and must outlive the kernel.
 */
void check_board_add(struct check_kernel *kernel, struct check_board *on);

#endif
