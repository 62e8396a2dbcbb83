// SPDX-License-Identifier: GPL-2.0-only
/* What each entry of a journal says of the module under way. */
#include "host/judge/evidence_internal.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/strv.h"

/* A journal is a board's word: what it makes the host keep is bounded. */
#define MARKS_MAX   65536
#define LEFT_MAX    1024
#define RECORDS_MAX (1024u * 1024)      /* of one attempt */
#define TEXT_MAX    (64u * 1024 * 1024) /* of those */
#define OUTPUT_MAX  (16u * 1024 * 1024)

static void add_state(struct evidence *e, const outpost_State *state)
{
	if (state->when == outpost_State_When_AFTER) {
		e->after = *state;
		e->has_after = true;
	} else if (!e->has_before) {
		e->before = *state;
		e->has_before = true;
	}
}

static struct evidence_step *step_of(struct evidence *e, outpost_Step step)
{
	return (unsigned int)step < ARRAY_SIZE(e->steps) ? &e->steps[step] : NULL;
}

static void add_step_begin(struct evidence *e, const outpost_StepBegin *begin, uint64_t now)
{
	struct evidence_step *step = step_of(e, begin->step);

	if (!step)
		return;
	step->begun = true;
	step->ended = false;
	step->begin_us = now;
	if (e->n_marks >= MARKS_MAX)
		return;
	GROW(e->marks, e->n_marks);
	e->marks[e->n_marks++] = (struct evidence_mark){ .time_us = now, .step = begin->step };
}

static int add_step_end(struct evidence *e, const outpost_StepEnd *end)
{
	struct evidence_step *step = step_of(e, end->step);

	if (!step)
		return 0;
	if (!step->begun || step->ended)
		return evidence_contradiction("a step ends that had not begun");
	step->ended = true;
	step->done++;
	step->duration_us += end->duration_us;
	if (!evidence_step_failed(&step->end))
		step->end = *end;
	return 0;
}

static void add_lost(struct evidence *e, uint64_t count, bool kept_back)
{
	if (!e->lost)
		e->lost_marks = e->n_marks;
	e->lost += count ? count : 1;
	e->kept_back |= kept_back;
}

static void add_record(struct evidence *e, const outpost_Record *record)
{
	if (e->text.len + record->text.size > TEXT_MAX || e->n_records >= RECORDS_MAX) {
		add_lost(e, 1, true);
		return;
	}
	GROW(e->records, e->n_records);
	e->records[e->n_records++] = (struct evidence_record){
		.sequence = record->sequence,
		.time_us = record->time_us,
		.level = record->level,
		.user = record->user,
		.marks = e->n_marks,
		.offset = e->text.len,
		.length = record->text.size,
	};
	strbuf_add(&e->text, record->text.bytes, record->text.size);
}

static void add_output(struct evidence *e, const outpost_Output *output)
{
	e->output_truncated |= output->truncated;
	if (e->output.len + output->data.size > OUTPUT_MAX)
		e->output_truncated = true;
	else
		strbuf_add(&e->output, output->data.bytes, output->data.size);
}

int evidence_add_to_attempt(struct evidence *e, const outpost_Entry *entry)
{
	switch (entry->which_body) {
	case outpost_Entry_state_tag: add_state(e, &entry->body.state); return 0;
	case outpost_Entry_step_tag: add_step_begin(e, &entry->body.step, entry->time_us); return 0;
	case outpost_Entry_step_end_tag: return add_step_end(e, &entry->body.step_end);
	case outpost_Entry_record_tag: add_record(e, &entry->body.record); return 0;
	case outpost_Entry_lost_tag:
		add_lost(e, entry->body.lost.count, entry->body.lost.kept_back);
		return 0;
	case outpost_Entry_output_tag: add_output(e, &entry->body.output); return 0;
	case outpost_Entry_leftover_tag:
		if (strv_length(e->leftovers) < LEFT_MAX)
			strv_add(&e->leftovers, entry->body.leftover.path);
		return 0;
	}
	return 0; /* a kind of entry that a later version has */
}
