/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Prepares a board: orders the agent to carry out the steps of common/provision.h, one after the
 * other. A step that might lock us out is confirmed over a second connection; a step that needs a
 * restart is carried out around it.
 *
 *	provision.c		the list of steps
 *	provision_board.c	one step on the board
 *	provision_selftest.c	the last step, which runs here
 */
#ifndef OUTPOST_WORKFLOW_PROVISION_H
#define OUTPOST_WORKFLOW_PROVISION_H

#include "host/workflow/context.h"
#include "host/workflow/doctor.h"
#include "host/board/board.h"
#include "host/board/session.h"

enum provision_state {
	PROVISION_DONE,  /* there was nothing to do */
	PROVISION_WOULD, /* there is something to do, and this is a dry run */
	PROVISION_CHANGED,
	PROVISION_UNDONE,
	PROVISION_SKIPPED, /* the board has no use for it */
	PROVISION_WAITS,   /* for permission to restart the board */
	PROVISION_FAILED,
};

/* "ok", "would change", ... */
const char *provision_state_name(enum provision_state state);

/* The result of a step; texts may be from a board. */
struct provision_row {
	const char *step;
	enum provision_state state;
	char **lines; /* what was done, or is to be done */
	char *why;    /* it failed or was skipped; NULL: neither */
};

struct provision_options {
	char **only; /* names of steps; NULL: all */
	char *profile;
	char *key; /* file with a public key */
	char **ports;
	bool dry_run, undo, headers, upgrade, restart;
	int return_ms;
};

struct provision_list {
	struct provision_row *rows;
	size_t n;
	struct findings notes; /* what the board's users should know */
};

void provision_list_release(struct provision_list *list);
struct provision_row *provision_add(struct provision_list *list, const char *step,
				    enum provision_state state);

/*
 * Checks the options, and makes the request of them that each step gets. 0, or -EINVAL or another
 * -errno, logged.
 */
int provision_request(const struct provision_options *options, outpost_Provision *request);

/* Does the user want this step? */
bool provision_wants(const struct provision_options *options, const char *step);

/* All steps on one board. 0, also if steps failed; or -errno, logged. */
int provision_all(const struct context *ctx, const struct provision_options *options,
		  const outpost_Provision *request, struct provision_list *list);

#endif
