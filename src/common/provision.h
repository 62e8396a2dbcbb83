/* SPDX-License-Identifier: GPL-2.0-only */
/* The steps of preparing a board, which the host orders and the agent carries out. */
#ifndef OUTPOST_PROVISION_H
#define OUTPOST_PROVISION_H

#include <stdbool.h>

struct provision_step {
	const char *name;
	const char *summary;
	int patience_s;  /* how long the board may take */
	bool on_request; /* only if asked for */
	bool can_be_undone;
	bool on_host;  /* the host carries it out: the agent does not know it */
	bool restarts; /* takes effect when the board restarts */
};

/* In the order in which they are carried out; ends with an entry without a name. */
extern const struct provision_step provision_steps[];

/* NULL: there is no such step. */
const struct provision_step *provision_find_step(const char *name) __attribute__((pure));

#endif
