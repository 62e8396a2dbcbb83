/* SPDX-License-Identifier: GPL-2.0-only */
/* The names of steps in results, summaries and progress messages. */
#ifndef OUTPOST_WORDS_H
#define OUTPOST_WORDS_H

#include "common/proto.h"

/* A result's phase: "load", "test", "unload" or "settle". */
const char *step_phase(outpost_Step step);

/* For "while ... MODULE": "loading", "testing", ... */
const char *step_doing(outpost_Step step);

/* For the progress line, which distinguishes more steps: "preparing", ... */
const char *step_progress(outpost_Step step);

#endif
