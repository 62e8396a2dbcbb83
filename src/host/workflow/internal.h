/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of workflow.c share. */
#ifndef OUTPOST_WORKFLOW_INTERNAL_H
#define OUTPOST_WORKFLOW_INTERNAL_H

#include "host/workflow/workflow.h"

/* Asks the check about what was built, unless with --no-check. 0 or -errno,
 * logged. */
int workflow_check(struct workflow *p, const struct kernel_tree *tree);

/* Collects what was left open on the board that `p` is connected to. 0 or -errno, logged. */
int workflow_collect_all(struct workflow *p);

/* Stores a result, and tells the board that it may forget the run. 0 or -errno, logged. */
int workflow_keep(struct workflow *p, const struct run_result *result);

/* A run_request's progress: on the line that redraws. */
void workflow_on_run(const char *doing, const char *module, size_t done, size_t total, void *arg);

#endif
