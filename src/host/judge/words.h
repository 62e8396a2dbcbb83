/* SPDX-License-Identifier: GPL-2.0-only */
/* What a step is called: in results, in summaries, and while it goes on. */
#ifndef OUTPOST_WORDS_H
#define OUTPOST_WORDS_H

#include "common/proto.h"

/* A result's phase: "load", "test", "unload" or "settle". */
const char *step_phase(outpost_Step step);

/* What was being done to a module, for "while ... NAME": "loading", "testing", ... */
const char *step_doing(outpost_Step step);

/* Likewise for the progress line, which tells more steps apart: "preparing", ... */
const char *step_progress(outpost_Step step);

#endif
