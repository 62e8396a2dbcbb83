/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the files of the workflow. */
#ifndef OUTPOST_WORKFLOW_INTERNAL_H
#define OUTPOST_WORKFLOW_INTERNAL_H

#include "host/workflow/workflow.h"

/* Checks the modules that were built, unless --no-check is given. 0 or -errno, logged. */
int workflow_check(struct workflow *w, const struct kernel_tree *tree);

/* Collects the open runs on the board that `w` is connected to. 0 or -errno, logged. */
int workflow_collect_all(struct workflow *w);

/* The progress callback of a run_request: updates the progress line. */
void workflow_on_run(const char *doing, const char *module, size_t done, size_t total, void *arg);

#endif
