/* SPDX-License-Identifier: GPL-2.0-only */
/* Handmade journals: entries in an array, so that a test can change or drop any of them. */
#ifndef TESTS_JOURNAL_H
#define TESTS_JOURNAL_H

#include "host/judge/evidence.h"

#include <stdlib.h>
#include <string.h>

#define JOURNAL_MAX 64

struct journal {
	size_t n;
	uint64_t now_us;
	uint64_t sequence;
	const char *boot_id; /* of the last boot */
	outpost_Entry entries[JOURNAL_MAX];
};

static const char JOURNAL_BOOT[] = "11111111-1111-1111-1111-111111111111";
static const char JOURNAL_OTHER_BOOT[] = "22222222-2222-2222-2222-222222222222";

static inline struct journal *journal_new(void)
{
	struct journal *j = calloc(1, sizeof(*j));

	if (!j)
		abort();
	j->boot_id = JOURNAL_BOOT;
	j->now_us = 5000000;
	j->sequence = 100;
	return j;
}

static inline outpost_Entry *journal_add(struct journal *j, pb_size_t which)
{
	outpost_Entry *entry = &j->entries[j->n++];

	if (j->n > JOURNAL_MAX)
		abort();
	*entry = (outpost_Entry){ .time_us = j->now_us += 1000, .which_body = which };
	return entry;
}

/* The first and the last entry of this kind. */
static inline outpost_Entry *journal_first(struct journal *j, pb_size_t which)
{
	for (size_t i = 0; i < j->n; i++)
		if (j->entries[i].which_body == which)
			return &j->entries[i];
	abort();
}

static inline outpost_StepEnd *journal_step_end(struct journal *j, outpost_Step step)
{
	for (size_t i = 0; i < j->n; i++)
		if (j->entries[i].which_body == outpost_Entry_step_end_tag &&
		    j->entries[i].body.step_end.step == step)
			return &j->entries[i].body.step_end;
	abort();
}

static inline outpost_State *journal_state(struct journal *j, outpost_State_When when)
{
	for (size_t i = 0; i < j->n; i++)
		if (j->entries[i].which_body == outpost_Entry_state_tag &&
		    j->entries[i].body.state.when == when)
			return &j->entries[i].body.state;
	abort();
}

static inline void journal_drop(struct journal *j, size_t at)
{
	memmove(&j->entries[at], &j->entries[at + 1], (j->n - at - 1) * sizeof(j->entries[0]));
	j->n--;
}

/* Drops everything from the end of this step on: the board died in the step. */
static inline void journal_die_in(struct journal *j, outpost_Step step)
{
	for (size_t i = 0; i < j->n; i++)
		if (j->entries[i].which_body == outpost_Entry_step_end_tag &&
		    j->entries[i].body.step_end.step == step) {
			j->n = i;
			return;
		}
	abort();
}

static inline void journal_plan(struct journal *j, const char *const *names)
{
	outpost_Plan *plan = &journal_add(j, outpost_Entry_plan_tag)->body.plan;

	proto_set(plan->run, "20260102-150405-1a2b3c");
	plan->repeat = 1;
	for (; names[plan->modules]; plan->modules++) {
		outpost_PlanModule *m = &journal_add(j, outpost_Entry_module_tag)->body.module;

		m->index = plan->modules;
		proto_set(m->name, names[plan->modules]);
		m->program.size = HASH_SIZE;
		proto_set(m->program_name, "hello_test");
		m->load_ms = m->test_ms = m->unload_ms = 10000;
	}
}

static inline outpost_Boot *journal_boot(struct journal *j, const char *boot_id)
{
	outpost_Boot *boot;
	uint64_t wall_s = 1700000000 + j->now_us / 1000000;

	if (strcmp(boot_id, JOURNAL_BOOT) != 0)
		j->now_us = 2000000; /* its clock starts from zero */
	j->boot_id = boot_id;
	boot = &journal_add(j, outpost_Entry_boot_tag)->body.boot;
	proto_set(boot->boot_id, boot_id);
	proto_set(boot->nonce, boot_id);
	boot->wall_s = wall_s;
	return boot;
}

static inline void journal_record(struct journal *j, const char *text)
{
	outpost_Record *record = &journal_add(j, outpost_Entry_record_tag)->body.record;

	record->sequence = j->sequence++;
	record->level = 4;
	record->time_us = j->now_us - 100;
	record->text.size = (pb_size_t)strlen(text);
	memcpy(record->text.bytes, text, record->text.size);
}

static inline void journal_records(struct journal *j, const char *const *lines)
{
	for (; *lines; lines++)
		journal_record(j, *lines);
}

static inline void journal_step(struct journal *j, outpost_Step step, const char *const *lines)
{
	outpost_StepEnd *end;

	journal_add(j, outpost_Entry_step_tag)->body.step.step = step;
	if (lines)
		journal_records(j, lines);
	end = &journal_add(j, outpost_Entry_step_end_tag)->body.step_end;
	end->step = step;
	end->duration_us = 2000;
	end->tries = 1;
}

static inline void journal_output(struct journal *j, const char *text)
{
	outpost_Output *output = &journal_add(j, outpost_Entry_output_tag)->body.output;

	output->data.size = (pb_size_t)strlen(text);
	memcpy(output->data.bytes, text, output->data.size);
}

static inline void journal_survivor(struct journal *j, const char *text)
{
	outpost_Survivor *s = &journal_add(j, outpost_Entry_survivor_tag)->body.survivor;

	proto_set(s->name, "dmesg-ramoops-0");
	s->data.size = (pb_size_t)strlen(text);
	memcpy(s->data.bytes, text, s->data.size);
}

static inline void journal_snapshot(struct journal *j, outpost_State_When when)
{
	outpost_State *state = &journal_add(j, outpost_Entry_state_tag)->body.state;

	state->when = when;
	state->taint = when == outpost_State_When_AFTER ? 1u << 12 : 0;
	state->has_counts = state->has_log = true;
	state->next_sequence = j->sequence;
	proto_set(state->boot_id, j->boot_id);
	proto_set(state->nonce, j->boot_id);
}

/* The entries of one module; `in[step]` has the kernel's messages during the step. */
static inline void journal_module(struct journal *j, uint32_t index, uint32_t attempt,
				  const char *const *const in[6])
{
	outpost_ModuleEnd *end;
	uint64_t first;

	journal_add(j, outpost_Entry_begin_tag)->body.begin =
		(outpost_ModuleBegin){ .index = index, .attempt = attempt };
	journal_step(j, outpost_Step_PREPARE, in ? in[outpost_Step_PREPARE] : NULL);
	journal_snapshot(j, outpost_State_When_BEFORE);
	first = j->sequence;
	for (outpost_Step step = outpost_Step_LOADING; step <= outpost_Step_SETTLE; step++)
		journal_step(j, step, in ? in[step] : NULL);
	journal_snapshot(j, outpost_State_When_AFTER);
	journal_step(j, outpost_Step_RESTORE, in ? in[outpost_Step_RESTORE] : NULL);
	end = &journal_add(j, outpost_Entry_end_tag)->body.end;
	end->index = index;
	end->attempt = attempt;
	end->leftovers_checked = true;
	end->first_sequence = first;
	end->end_sequence = j->sequence;
}

static inline void journal_end(struct journal *j)
{
	journal_add(j, outpost_Entry_run_end_tag);
}

/* The bytes as on a board's disk. */
static inline void journal_pack(const struct journal *j, struct strbuf *bytes)
{
	for (size_t i = 0; i < j->n; i++) {
		uint8_t frame[PROTO_BUFFER];
		ssize_t n = proto_pack(FRAME_ENTRY, outpost_Entry_fields, &j->entries[i], frame);

		if (n < 0)
			abort();
		strbuf_add(bytes, frame, (size_t)n);
	}
}

#endif
