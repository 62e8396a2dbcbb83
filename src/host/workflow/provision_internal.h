/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the files provision*.c only. */
#ifndef OUTPOST_WORKFLOW_PROVISION_INTERNAL_H
#define OUTPOST_WORKFLOW_PROVISION_INTERNAL_H

#include "common/provision.h"
#include "host/workflow/provision.h"

struct provision_work {
	const struct context *ctx;
	const struct provision_options *options;
	outpost_Provision request; /* without its step */
	const struct board *board;
	struct session *session;
	struct provision_list *list;
	bool stop; /* the board undoes a change: carry out no further step */
};

/*
 * One step on the board; adds a row. 0, also if the step failed; -errno, logged, if the board
 * cannot be asked any more.
 */
int provision_on_board(struct provision_work *w, const struct provision_step *step);

/* The last step: tests the module hello. Returns as provision_on_board(). */
int provision_selftest(struct provision_work *w);

/* Sends a request and waits for the answer. 0, or -errno, logged. */
int provision_ask(struct session *session, const struct board *board,
		  const outpost_Request *request, int patience_s, outpost_Reply *reply);

#endif
