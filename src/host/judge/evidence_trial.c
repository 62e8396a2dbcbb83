// SPDX-License-Identifier: GPL-2.0-only
/* What the supervisor did with the module under way, and found. */
#include "host/judge/evidence_internal.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/strv.h"

/* A journal comes from a board: limit what it can make the host store. */
#define MARKS_MAX  65536
#define LEFT_MAX   1024
#define OUTPUT_MAX (16u * 1024 * 1024)

static void add_state(struct evidence_trial *trial, const outpost_State *state)
{
	if (state->when == outpost_State_When_AFTER) {
		trial->after = *state;
		trial->has_after = true;
	} else if (!trial->has_before) {
		trial->before = *state;
		trial->has_before = true;
	}
}

static struct evidence_step *step_of(struct evidence_trial *trial, outpost_Step step)
{
	return (unsigned int)step < ARRAY_SIZE(trial->steps) ? &trial->steps[step] : NULL;
}

static void add_step_begin(struct evidence_trial *trial, const outpost_StepBegin *begin,
			   uint64_t now)
{
	struct evidence_step *step = step_of(trial, begin->step);

	if (!step)
		return;
	step->begun = true;
	step->ended = false;
	step->begin_us = now;
	if (trial->n_marks >= MARKS_MAX)
		return;
	GROW(trial->marks, trial->n_marks);
	trial->marks[trial->n_marks++] =
		(struct evidence_mark){ .time_us = now, .step = begin->step };
}

static int add_step_end(struct evidence_trial *trial, const outpost_StepEnd *end)
{
	struct evidence_step *step = step_of(trial, end->step);

	if (!step)
		return 0;
	if (!step->begun || step->ended)
		return evidence_contradiction("the end of a step that had not begun");
	step->ended = true;
	step->done++;
	step->duration_us += end->duration_us;
	if (!proto_step_failed(&step->end))
		step->end = *end;
	return 0;
}

static void add_output(struct evidence_trial *trial, const outpost_Output *output)
{
	trial->output_truncated |= output->truncated;
	if (trial->output.len + output->data.size > OUTPUT_MAX)
		trial->output_truncated = true;
	else
		strbuf_add(&trial->output, output->data.bytes, output->data.size);
}

static void add_leftover(struct evidence_trial *trial, const outpost_Leftover *leftover)
{
	if (strv_length(trial->leftovers) < LEFT_MAX)
		strv_add(&trial->leftovers, leftover->path);
}

static int add_end(struct evidence *e, const outpost_ModuleEnd *end, uint64_t now)
{
	if (e->trial.ended || end->index != e->plan.index || end->attempt != e->attempt)
		return evidence_contradiction("the end of a module that had not begun");
	e->trial.end = *end;
	e->trial.ended = true;
	e->trial.end_us = now;
	return 0;
}

int evidence_add_to_trial(struct evidence *e, const outpost_Entry *entry)
{
	struct evidence_trial *trial = &e->trial;

	switch (entry->which_body) {
	case outpost_Entry_state_tag: add_state(trial, &entry->body.state); return 0;
	case outpost_Entry_step_tag:
		add_step_begin(trial, &entry->body.step, entry->time_us);
		return 0;
	case outpost_Entry_step_end_tag: return add_step_end(trial, &entry->body.step_end);
	case outpost_Entry_output_tag: add_output(trial, &entry->body.output); return 0;
	case outpost_Entry_leftover_tag: add_leftover(trial, &entry->body.leftover); return 0;
	case outpost_Entry_end_tag: return add_end(e, &entry->body.end, entry->time_us);
	}
	return 0; /* an entry type of a later version */
}
