/* SPDX-License-Identifier: GPL-2.0-only */
/* The end of a command that runs modules on a board: stores the result, and prints it. */
#ifndef OUTPOST_FINISH_H
#define OUTPOST_FINISH_H

#include "host/workflow/workflow.h"

/*
 * To be called after workflow_execute(), which returned `r`. Also writes JUnit XML to `junit`,
 * unless that is NULL. `json_line`: print JSON on one line, because there may be several
 * results. The exit status of the command, or -errno, logged.
 */
int finish_run(struct workflow *w, int r, const struct run_result *result, const char *junit,
	       bool json_line);

#endif
