/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults in the journal of a module that passed: each function removes or adds one thing. */
#ifndef TESTS_VERDICT_CHANGES_H
#define TESTS_VERDICT_CHANGES_H

#include "verdicts.h"

#include <errno.h>
#include <signal.h>

static inline void no_end(struct journal *j)
{
	while (j->entries[j->n - 1].which_body != outpost_Entry_end_tag)
		j->n--;
	j->n--;
}

static inline void report_in_window(struct journal *j)
{
	_cleanup_free_ struct journal *with = NULL;
	const char *const *const lines[6] = { [outpost_Step_LOADING] = warning };

	with = journal_with(lines);
	*j = *with;
}

#define STATE(name, when, statement)                                            \
	static inline void name(struct journal *j)                              \
	{                                                                       \
		outpost_State *s = journal_state(j, outpost_State_When_##when); \
		statement;                                                      \
	}
#define STEP(name, step, statement)                                            \
	static inline void name(struct journal *j)                             \
	{                                                                      \
		outpost_StepEnd *s = journal_step_end(j, outpost_Step_##step); \
		statement;                                                     \
	}
#define END(name, statement)                                                               \
	static inline void name(struct journal *j)                                         \
	{                                                                                  \
		outpost_ModuleEnd *s = &journal_first(j, outpost_Entry_end_tag)->body.end; \
		statement;                                                                 \
	}

STATE(log_unread_before, BEFORE, s->has_log = false)
STATE(log_unread_after, AFTER, s->has_log = false)
STATE(tainted_w, AFTER, s->taint |= 1u << 9)
STATE(tainted_f, AFTER, s->taint |= 1u << 1)
STATE(tainted_p, AFTER, s->taint |= 1u << 0)
STATE(tainted_c, AFTER, s->taint |= 1u << 10)
STATE(warned, AFTER, s->warn_count++)
STATE(oopsed, AFTER, s->oops_count++)
STATE(counts_vanished, AFTER, s->has_counts = false)
STATE(still_loaded, AFTER, s->loaded = true)
STATE(loaded_before, BEFORE, s->loaded = true)
STATE(another_boot, AFTER, proto_set(s->boot_id, JOURNAL_OTHER_BOOT))
STATE(another_nonce, AFTER, proto_set(s->nonce, "another"))
STATE(another_boot_before, BEFORE, proto_set(s->boot_id, JOURNAL_OTHER_BOOT))
STEP(load_failed, LOADING, s->error = ENODEV)
STEP(load_late, LOADING, s->late = true)
STEP(load_stuck, LOADING, s->late = s->stuck = true)
STEP(test_failed, TESTING, s->exit_status = 1)
STEP(test_killed, TESTING, s->signal = SIGSEGV)
STEP(test_late, TESTING, s->late = true)
STEP(unload_failed, UNLOADING, s->error = EAGAIN)
STEP(unload_stuck, UNLOADING, s->stuck = true)
STEP(prepare_failed, PREPARE, s->error = ENOENT)
STEP(settle_failed, SETTLE, s->error = EIO)
STEP(restore_failed, RESTORE, s->error = EAGAIN)
END(leftovers_unchecked, s->leftovers_checked = false)
END(not_run, s->not_run = true)
END(window_longer_than_read, s->end_sequence++)
END(window_unknown, s->first_sequence = s->end_sequence = 0)
END(window_opened_late, s->first_sequence++)

static inline void left_behind(struct journal *j)
{
	outpost_Entry *end = journal_first(j, outpost_Entry_end_tag);
	size_t at = (size_t)(end - j->entries);

	memmove(end + 1, end, (j->n++ - at) * sizeof(*end));
	*end = (outpost_Entry){ .time_us = end[1].time_us,
				.which_body = outpost_Entry_leftover_tag };
	proto_set(end->body.leftover.path, "/proc/hello");
}

/* Inserts copies of the `n` entries at `at` after them. */
static inline outpost_Entry *again(struct journal *j, size_t at, size_t n)
{
	assert_true(j->n + n <= JOURNAL_MAX);
	memmove(&j->entries[at + n], &j->entries[at], (j->n - at) * sizeof(j->entries[0]));
	j->n += n;
	return &j->entries[at + n];
}

/* As after a cut link: it must not replace another record that is missing. */
static inline void one_record_twice(struct journal *j)
{
	again(j, (size_t)(journal_first(j, outpost_Entry_record_tag) - j->entries), 1);
	window_longer_than_read(j);
}

static inline void unloaded_twice_loaded_once(struct journal *j)
{
	size_t at = 0;

	while (j->entries[at].which_body != outpost_Entry_step_tag ||
	       j->entries[at].body.step.step != outpost_Step_UNLOADING)
		at++;
	again(j, at, 2)->body.step.repetition = 1;
	journal_first(j, outpost_Entry_plan_tag)->body.plan.repeat = 2;
}

static inline void output_cut_short(struct journal *j)
{
	outpost_Entry *end = journal_first(j, outpost_Entry_end_tag);
	outpost_Entry entry = { .time_us = end->time_us, .which_body = outpost_Entry_output_tag };

	entry.body.output.truncated = true;
	again(j, (size_t)(end - j->entries), 1);
	*end = entry;
}

static inline void in_place_of_record(struct journal *j, pb_size_t kind)
{
	outpost_Entry *record = journal_first(j, outpost_Entry_record_tag);

	memset(&record->body, 0, sizeof(record->body));
	record->which_body = kind;
}

static inline void lost_records(struct journal *j)
{
	in_place_of_record(j, outpost_Entry_lost_tag);
	journal_first(j, outpost_Entry_lost_tag)->body.lost.count = 1;
}

static inline void no_boot_identity(struct journal *j)
{
	outpost_Boot *boot = &journal_first(j, outpost_Entry_boot_tag)->body.boot;

	boot->nonce[0] = '\0';
	journal_state(j, outpost_State_When_BEFORE)->nonce[0] = '\0';
	journal_state(j, outpost_State_When_AFTER)->nonce[0] = '\0';
}

static inline void rebooted_afterwards(struct journal *j)
{
	j->n--;
	journal_boot(j, JOURNAL_OTHER_BOOT);
}

static inline void fewer_repetitions(struct journal *j)
{
	journal_first(j, outpost_Entry_plan_tag)->body.plan.repeat = 2;
}

static inline void missing_log_line(struct journal *j)
{
	outpost_PlanModule *m = &journal_first(j, outpost_Entry_module_tag)->body.module;

	m->log_lines_count = 1;
	proto_set(m->log_lines[0], "hello: nobody says this");
}

static inline struct journal *changed(void (*change)(struct journal *j))
{
	struct journal *j = good();

	change(j);
	return j;
}

#endif
