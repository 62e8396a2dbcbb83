// SPDX-License-Identifier: GPL-2.0-only
#include "host/judge/words.h"

#include "common/cleanup.h"

static const struct {
	const char *phase, *doing, *progress;
} words[] = {
	[outpost_Step_PREPARE] = { "load", "loading", "preparing" },
	[outpost_Step_LOADING] = { "load", "loading", "loading" },
	[outpost_Step_TESTING] = { "test", "testing", "testing" },
	[outpost_Step_UNLOADING] = { "unload", "unloading", "unloading" },
	[outpost_Step_SETTLE] = { "settle", "settling after unloading", "settling" },
	[outpost_Step_RESTORE] = { "settle", "settling after unloading", "cleaning up after" },
};

/* A board may send a step that this version does not know. */
static size_t row(outpost_Step step)
{
	return (size_t)step < ARRAY_SIZE(words) ? (size_t)step : outpost_Step_PREPARE;
}

const char *step_phase(outpost_Step step)
{
	return words[row(step)].phase;
}

const char *step_doing(outpost_Step step)
{
	return words[row(step)].doing;
}

const char *step_progress(outpost_Step step)
{
	return words[row(step)].progress;
}
