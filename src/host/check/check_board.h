/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What only a board can tell of its kernel, whatever the tree says: whether it
 * requires signatures, is locked down, how large its pages are; and, when a module
 * makes it matter, which keys and symbols it has. It is kept, so that a board
 * that is not there can be judged for, too.
 */
#ifndef OUTPOST_CHECK_BOARD_H
#define OUTPOST_CHECK_BOARD_H

#include "host/check/check.h"
#include "host/board/last_seen.h"
#include "host/board/session.h"

struct check_board {
	const struct board *board;
	struct session *session; /* greeted; NULL: it is not asked, what is known has to do */
	struct last_seen_facts facts;
};

/*
 * Adds what is known by now to what its tree says; nothing of another release. `on` is the
 * caller's, with board and session, and must outlive the kernel.
 */
void check_board_add(struct check_kernel *kernel, struct check_board *on);

#endif
