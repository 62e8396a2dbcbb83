/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is remembered of a board from last time, in path_state("boards", ...),
 * so that a command need not ask first. A memory that is wrong costs a round
 * trip and nothing else.
 */
#ifndef OUTPOST_RECALL_H
#define OUTPOST_RECALL_H

#include "host/board.h"

/* The file of this name about this board; its folder is made. The caller frees it. */
char *recall_path(const struct board *board, const char *name);

/* The kernel release that it ran last, or NULL; the caller frees it. */
char *recall_release(const struct board *board);

/* Both say nothing: a memory that cannot be kept is no error. */
void recall_set_release(const struct board *board, const char *release);

#endif
