/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Prepares the board: the steps of common/provision.h, one at a time, as the host orders. Each
 * looks first what is missing, so a second run changes nothing; what a step writes is the same
 * list that a look shows.
 *
 *	provision.c		the table, and how a step is carried out
 *	step.c			what steps have in common: files, programs, notes
 *	unconfirmed.c		undoes a change that may have locked the host out
 *	step_*.c		the steps
 *	config_txt.c		the firmware's configuration
 *	condition.c		what users of Raspberry Pis stumble over
 */
#ifndef OUTPOST_AGENT_PROVISION_H
#define OUTPOST_AGENT_PROVISION_H

#include "agent/base/dirs.h"

/*
 * Carries out a request other than REBOOT; fills the reply. The caller holds the board, unless
 * the request is LOOK.
 */
void provision_step(const struct dirs *dirs, const outpost_Provision *request,
		    outpost_Provisioned *reply);

/*
 * Restarts the board in an orderly way, as the step asks for: after the next start, it may try
 * another config.txt once. 0 or -errno; the board may go down at any time after it.
 */
int provision_restart(const struct dirs *dirs, const outpost_Provision *request);

/* Undoes the change that nobody confirmed, if there is one. An exit status. */
int provision_rollback(const struct dirs *dirs);

/* What AskCondition asks for. */
void provision_condition(const struct dirs *dirs, outpost_Condition *condition);

#endif
