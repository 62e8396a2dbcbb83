// SPDX-License-Identifier: GPL-2.0-only
#include "agent/run/trial.h"

#include "agent/run/module.h"
#include "common/clock.h"

#include <stdio.h>

#define LEFTOVERS_MAX 500 /* paths recorded: a leftover folder may be endless */

/* --- what the kernel shows ---------------------------------------------------- */

static void write_state(struct supervisor *s, outpost_State_When when)
{
	outpost_State state = { .when = when };

	watch_drain(s);
	snapshot_state(&state);
	state.loaded = module_is_loaded(s->current->name);
	state.has_log = s->has_log;
	state.next_sequence = s->log.next;
	dirs_boot(&s->dirs, state.boot_id, state.nonce);
	watch_entry(s, outpost_Entry_state_tag)->body.state = state;
	watch_write(s, false);
	if (when == outpost_State_When_BEFORE)
		s->first_sequence = s->log.next;
}

static void write_leftover(const char *path, void *arg)
{
	struct supervisor *s = arg;

	if (s->leftovers++ >= LEFTOVERS_MAX)
		return;
	proto_set(watch_entry(s, outpost_Entry_leftover_tag)->body.leftover.path, path);
	watch_write(s, false);
}

static bool kernel_complained(struct supervisor *s)
{
	if (s->klog.begun == s->reports_before)
		return false;
	trial_need_reboot(s, "the kernel reported a fault");
	return true;
}

/* --- load, test, unload --------------------------------------------------------- */

/*
 * One repetition. false: do not repeat it. The module is unloaded even after a report: what it
 * does then is evidence, too.
 */
static bool repeat_once(struct supervisor *s, uint32_t repetition)
{
	outpost_StepEnd end = { 0 };
	bool ok = true;

	if (s->plan.purpose != outpost_Purpose_UNLOAD) {
		trial_load(s, repetition, &end);
		ok = !proto_step_failed(&end) && !kernel_complained(s);
		/* A load that was killed for being late may have succeeded all the same. */
		if (end.stuck || !module_is_loaded(s->current->name))
			return false;
	}
	if (trial_leaves_loaded(s))
		return ok;
	if (ok && s->plan.purpose == outpost_Purpose_TEST && s->current->program.size) {
		trial_test(s, repetition, &end);
		ok = !proto_step_failed(&end) && !kernel_complained(s);
		if (end.stuck)
			return false;
	}
	trial_unload(s, repetition, &end);
	return ok && !proto_step_failed(&end) && !kernel_complained(s);
}

/* --- one module ------------------------------------------------------------------- */

static const char *unusable_need(const struct supervisor *s)
{
	for (pb_size_t i = 0; i < s->current->needs_count; i++)
		if (s->unusable[s->current->needs[i]])
			return s->modules[s->current->needs[i]].name;
	return NULL;
}

static void count_leftover(const char *path, void *arg)
{
	(void)path;
	++*(unsigned int *)arg;
}

/*
 * Waits for late messages from the module's work, and uses the time for a first look at what
 * it left behind: most modules leave nothing, and an unloaded module creates nothing new. What
 * is found counts only if it still exists afterwards.
 */
static void settle(struct supervisor *s)
{
	outpost_StepEnd end = { .step = outpost_Step_SETTLE };
	uint64_t start = boottime_us();
	unsigned int leftovers = 0;

	trial_begin_step(s, outpost_Step_SETTLE, 0);
	if (s->before.complete && !module_is_loaded(s->current->name)) {
		snapshot_compare(&s->before, count_leftover, &leftovers);
		s->left_nothing = !leftovers;
	}
	end.cancelled = watch_wait(s, NULL, start + s->current->settle_ms * 1000ull, true) ==
			WATCH_CANCELLED;
	watch_drain(s);
	end.duration_us = boottime_us() - start;
	trial_end_step(s, &end);
	kernel_complained(s);
}

static void carry_out(struct supervisor *s)
{
	uint32_t repeat =
		s->plan.repeat && s->plan.purpose == outpost_Purpose_TEST ? s->plan.repeat : 1;
	unsigned int strays;
	bool ok = true;

	s->left_nothing = false;
	guard_rearm_once(&s->guard);
	write_state(s, outpost_State_When_BEFORE);
	snapshot_take(&s->before);
	s->reports_before = s->klog.begun;
	for (uint32_t i = 0; i < repeat && !supervisor_cancelled && !s->journal.error && ok; i++) {
		ok = repeat_once(s, i);
		strays = step_end_strays();
		if (strays)
			watch_note(s, "Processes left running, and killed: %u", strays);
	}
	if (s->plan.purpose == outpost_Purpose_TEST)
		settle(s);
	write_state(s, outpost_State_When_AFTER);
}

static void end_trial(struct supervisor *s, uint32_t attempt, const char *why, bool compared)
{
	outpost_ModuleEnd *end = &watch_entry(s, outpost_Entry_end_tag)->body.end;

	end->index = s->current->index;
	end->attempt = attempt;
	end->not_run = why && *why;
	proto_set(end->why, why ? why : "");
	end->leftovers_checked = compared;
	end->first_sequence = s->first_sequence;
	end->end_sequence = s->log.next;
	watch_write(s, true);
}

void trial_run(struct supervisor *s, uint32_t index, uint32_t attempt)
{
	outpost_ModuleBegin *begin = &watch_entry(s, outpost_Entry_begin_tag)->body.begin;
	char why[256] = "";
	const char *need;
	bool compared = false;

	s->current = &s->modules[index];
	s->log_bytes = s->output_bytes = s->leftovers = 0;
	s->first_sequence = 0;
	begin->index = index;
	begin->attempt = attempt;
	watch_write(s, false);
	if (*s->current->skip) {
		end_trial(s, attempt, s->current->skip, false);
		return;
	}
	need = unusable_need(s);
	if (need) {
		snprintf(why, sizeof(why), "%s, which it needs, did not complete its own test",
			 need);
		end_trial(s, attempt, why, false);
		return;
	}
	if (s->plan.purpose == outpost_Purpose_PROVE) {
		trial_prove(s);
		end_trial(s, attempt, NULL, false);
		return;
	}
	watch_drain(s);
	guard_expect_busy(&s->guard, s->current->load_ms < s->current->unload_ms
					     ? s->current->load_ms
					     : s->current->unload_ms);
	if (trial_prepare(s, why, sizeof(why))) {
		carry_out(s);
		if (s->plan.purpose != outpost_Purpose_LOAD && s->before.complete) {
			if (!s->left_nothing)
				snapshot_compare(&s->before, write_leftover, s);
			compared = true;
		}
	}
	if (!*s->reboot_why)
		trial_restore(s);
	s->unusable[index] = *why || *s->reboot_why;
	end_trial(s, attempt, why, compared);
}
