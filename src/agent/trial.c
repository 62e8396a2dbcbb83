// SPDX-License-Identifier: GPL-2.0-only
#include "agent/blob.h"
#include "agent/module.h"
#include "agent/supervisor.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PROBE_MS      30000 /* modprobe of something in the board's own tree */
#define TERM_GRACE_MS 1000  /* between SIGTERM and SIGKILL */
#define KILL_GRACE_MS 2000  /* after SIGKILL: who is still there then cannot be ended */

/* --- steps ------------------------------------------------------------------ */

static uint64_t after_ms(uint64_t ms)
{
	return boottime_us() + ms * 1000;
}

static void begin_step(struct supervisor *s, outpost_Step step, uint32_t repetition)
{
	outpost_StepBegin *begin = &watch_entry(s, outpost_Entry_step_tag)->body.step;

	begin->step = step;
	begin->repetition = repetition;
	watch_write(s, true);
}

static void end_step(struct supervisor *s, const outpost_StepEnd *end)
{
	watch_entry(s, outpost_Entry_step_end_tag)->body.step_end = *end;
	watch_write(s, false);
}

/* Ends a child that is late or no longer wanted. false: it cannot be ended. */
static bool end_child(struct supervisor *s, struct step *step, bool gently)
{
	if (gently) {
		step_signal(step, SIGTERM);
		if (watch_wait(s, step, after_ms(TERM_GRACE_MS), false) == WATCH_ENDED)
			return true;
	}
	step_signal(step, SIGKILL);
	return watch_wait(s, step, after_ms(KILL_GRACE_MS), false) == WATCH_ENDED;
}

/* Runs fn(arg) in a child with a time limit, and fills `end`. */
static void run_step(struct supervisor *s, step_fn fn, const void *arg, uint32_t limit_ms,
		     outpost_StepEnd *end)
{
	bool is_test = end->step == outpost_Step_TESTING;
	bool cancellable = is_test || end->step == outpost_Step_LOADING;
	struct step step;
	enum watch_end how;
	int r = step_start(&step, fn, arg, is_test);

	if (r < 0) {
		end->error = -r;
		return;
	}
	how = watch_wait(s, &step, after_ms(limit_ms), cancellable);
	end->late = how == WATCH_LATE;
	if (how == WATCH_ENDED || end_child(s, &step, is_test))
		step_finish(&step, end);
	else
		step_abandon(&step, end);
	watch_drain(s);
}

static bool step_ok(const outpost_StepEnd *end)
{
	return !end->error && !end->exit_status && !end->signal && !end->late && !end->stuck;
}

/* --- what the kernel shows ---------------------------------------------------- */

static void write_state(struct supervisor *s, outpost_State_When when)
{
	outpost_State state = { .when = when };

	watch_drain(s);
	snapshot_state(&state);
	state.loaded = module_is_loaded(s->current->name);
	state.has_log = s->has_log;
	state.next_sequence = s->log.next;
	place_boot(&s->place, state.boot_id, state.nonce);
	watch_entry(s, outpost_Entry_state_tag)->body.state = state;
	watch_write(s, false);
	if (when == outpost_State_When_BEFORE)
		s->first_sequence = s->log.next;
}

static void write_leftover(const char *path, void *arg)
{
	struct supervisor *s = arg;

	proto_set(watch_entry(s, outpost_Entry_leftover_tag)->body.leftover.path, path);
	watch_write(s, false);
}

static void need_reboot(struct supervisor *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void need_reboot(struct supervisor *s, const char *fmt, ...)
{
	va_list ap;

	if (*s->reboot_why)
		return;
	va_start(ap, fmt);
	vsnprintf(s->reboot_why, sizeof(s->reboot_why), fmt, ap);
	va_end(ap);
}

static bool kernel_complained(struct supervisor *s)
{
	if (s->klog.begun == s->reports_before)
		return false;
	need_reboot(s, "the kernel reported a fault");
	return true;
}

/* --- load, test, unload --------------------------------------------------------- */

static int load_blob(struct supervisor *s, const outpost_PlanModule *module, outpost_StepEnd *end)
{
	char path[PLACE_MAX];
	struct module_load load = { .path = path, .params = module->params };
	int r = blob_path(&s->place, module->hash.bytes, path);

	if (r < 0)
		end->error = -r;
	else
		run_step(s, module_load, &load, module->load_ms, end);
	return step_ok(end) ? 0 : -1;
}

static int unload(struct supervisor *s, const outpost_PlanModule *module, outpost_StepEnd *end)
{
	struct module_unload what = { .name = module->name, .limit_ms = module->unload_ms };

	/* The child gives up by itself at the limit; the exit function that does not return is what is late. */
	run_step(s, module_unload, &what, module->unload_ms + 500, end);
	if (end->stuck)
		need_reboot(s, "%s cannot be unloaded: its exit does not return", module->name);
	return step_ok(end) ? 0 : -1;
}

static void do_load(struct supervisor *s, uint32_t repetition, outpost_StepEnd *end)
{
	*end = (outpost_StepEnd){ .step = outpost_Step_LOADING };
	begin_step(s, outpost_Step_LOADING, repetition);
	load_blob(s, s->current, end);
	if (end->stuck)
		need_reboot(s, "%s cannot be loaded: its init does not return", s->current->name);
	end_step(s, end);
}

static void do_test(struct supervisor *s, uint32_t repetition, outpost_StepEnd *end)
{
	char path[PLACE_MAX];
	struct module_program program = { .path = path, .module = s->current->name, .plan = s->current };
	int r = blob_path(&s->place, s->current->program.bytes, path);

	*end = (outpost_StepEnd){ .step = outpost_Step_TESTING, .error = r < 0 ? -r : 0 };
	begin_step(s, outpost_Step_TESTING, repetition);
	if (r == 0)
		run_step(s, module_program, &program, s->current->test_ms, end);
	if (end->stuck)
		need_reboot(s, "the test of %s cannot be ended", s->current->name);
	end_step(s, end);
}

static void do_unload(struct supervisor *s, uint32_t repetition, outpost_StepEnd *end)
{
	*end = (outpost_StepEnd){ .step = outpost_Step_UNLOADING };
	begin_step(s, outpost_Step_UNLOADING, repetition);
	unload(s, s->current, end);
	if (module_is_loaded(s->current->name))
		need_reboot(s, "%s is still loaded", s->current->name);
	end_step(s, end);
}

/*
 * One repetition. false: the next one makes no sense. After a report the
 * module is unloaded all the same: what it does then is evidence, too.
 */
static bool repeat_once(struct supervisor *s, uint32_t repetition)
{
	outpost_StepEnd end = { 0 };
	bool ok = true;

	if (s->plan.purpose != outpost_Purpose_UNLOAD) {
		do_load(s, repetition, &end);
		ok = step_ok(&end) && !kernel_complained(s);
		/* A load that was ended late may have gone through all the same. */
		if (end.stuck || !module_is_loaded(s->current->name))
			return false;
	}
	if (s->plan.purpose == outpost_Purpose_LOAD)
		return ok;
	if (ok && s->plan.purpose == outpost_Purpose_TEST && s->current->program.size) {
		do_test(s, repetition, &end);
		ok = step_ok(&end) && !kernel_complained(s);
		if (end.stuck)
			return false;
	}
	do_unload(s, repetition, &end);
	return ok && step_ok(&end) && !kernel_complained(s);
}

/* --- what the module needs --------------------------------------------------------- */

static bool probe(struct supervisor *s, const char *name, bool remove, outpost_StepEnd *end)
{
	struct module_probe what = { .name = name, .remove = remove };

	run_step(s, module_probe, &what, PROBE_MS, end);
	if (!step_ok(end) && !*end->detail)
		snprintf(end->detail, sizeof(end->detail), "modprobe %s failed", name);
	return step_ok(end);
}

static bool load_need(struct supervisor *s, const outpost_PlanModule *need, outpost_StepEnd *end)
{
	for (pb_size_t i = 0; i < need->in_tree_count; i++)
		if (!probe(s, need->in_tree[i], false, end))
			return false;
	if (load_blob(s, need, end) == 0)
		return true;
	snprintf(end->detail, sizeof(end->detail), "%s, which it needs, did not load: %s", need->name,
		 strerror(end->error));
	if (end->stuck)
		need_reboot(s, "%s cannot be loaded: its init does not return", need->name);
	return false;
}

/* A module of that name from before would make the load fail, and its verdict wrong. */
static bool remove_earlier(struct supervisor *s, outpost_StepEnd *end)
{
	if (s->plan.purpose == outpost_Purpose_UNLOAD || !module_is_loaded(s->current->name))
		return true;
	watch_note(s, "%s was loaded already: unloaded first", s->current->name);
	if (unload(s, s->current, end) == 0)
		return true;
	snprintf(end->detail, sizeof(end->detail), "%s was loaded already and would not unload: %s",
		 s->current->name, strerror(end->error));
	return false;
}

static bool prepare(struct supervisor *s, char *why, size_t size)
{
	const outpost_PlanModule *m = s->current;
	outpost_StepEnd end = { .step = outpost_Step_PREPARE };
	bool ok;

	if (!m->needs_count && !m->in_tree_count && !module_is_loaded(m->name))
		return true;
	begin_step(s, outpost_Step_PREPARE, 0);
	ok = remove_earlier(s, &end);
	for (pb_size_t i = 0; ok && i < m->needs_count; i++)
		ok = module_is_loaded(s->modules[m->needs[i]].name) || load_need(s, &s->modules[m->needs[i]], &end);
	for (pb_size_t i = 0; ok && i < m->in_tree_count; i++)
		ok = probe(s, m->in_tree[i], false, &end);
	end_step(s, &end);
	if (!ok)
		snprintf(why, size, "%s", *end.detail ? end.detail : strerror(end.error));
	return ok;
}

static void restore(struct supervisor *s)
{
	const outpost_PlanModule *m = s->current;
	outpost_StepEnd end = { .step = outpost_Step_RESTORE };

	if (s->plan.purpose == outpost_Purpose_LOAD || (!m->needs_count && !m->in_tree_count))
		return;
	begin_step(s, outpost_Step_RESTORE, 0);
	for (pb_size_t i = m->needs_count; i-- > 0;) {
		const outpost_PlanModule *need = &s->modules[m->needs[i]];

		if (module_is_loaded(need->name) && unload(s, need, &end) < 0)
			need_reboot(s, "%s would not unload", need->name);
	}
	/* What else uses the board's own modules is not ours to say: a refusal is no fault. */
	for (pb_size_t i = m->in_tree_count; i-- > 0;) {
		outpost_StepEnd ignored = { .step = outpost_Step_RESTORE };

		probe(s, m->in_tree[i], true, &ignored);
	}
	end_step(s, &end);
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
 * What late work of the module may still say is waited for, and the time used
 * for a first look at what it left behind: most leave nothing, and a module
 * that is gone brings nothing new. What is found counts only if it is still
 * there afterwards.
 */
static void settle(struct supervisor *s)
{
	outpost_StepEnd end = { .step = outpost_Step_SETTLE };
	uint64_t start = boottime_us();
	unsigned int leftovers = 0;

	begin_step(s, outpost_Step_SETTLE, 0);
	if (s->before.complete && !module_is_loaded(s->current->name)) {
		snapshot_compare(&s->before, count_leftover, &leftovers);
		s->left_nothing = !leftovers;
	}
	watch_wait(s, NULL, start + s->current->settle_ms * 1000ull, true);
	watch_drain(s);
	end.duration_us = (uint32_t)(boottime_us() - start);
	end_step(s, &end);
	kernel_complained(s);
}

static void carry_out(struct supervisor *s)
{
	uint32_t repeat = s->plan.repeat && s->plan.purpose == outpost_Purpose_TEST ? s->plan.repeat : 1;
	unsigned int strays;
	bool ok = true;

	s->left_nothing = false;
	guard_rearm_once();
	write_state(s, outpost_State_When_BEFORE);
	snapshot_take(&s->before);
	s->reports_before = s->klog.begun;
	for (uint32_t i = 0; i < repeat && !supervisor_cancelled && ok; i++) {
		ok = repeat_once(s, i);
		strays = step_end_strays();
		if (strays)
			watch_note(s, "Processes that were left running, and ended: %u", strays);
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
	s->log_bytes = s->output_bytes = 0;
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
		snprintf(why, sizeof(why), "%s, which it needs, did not come through its own test", need);
		end_trial(s, attempt, why, false);
		return;
	}
	watch_drain(s);
	if (prepare(s, why, sizeof(why))) {
		carry_out(s);
		if (s->plan.purpose != outpost_Purpose_LOAD && s->before.complete) {
			if (!s->left_nothing)
				snapshot_compare(&s->before, write_leftover, s);
			compared = true;
		}
	}
	if (!*s->reboot_why)
		restore(s);
	s->unusable[index] = *why || *s->reboot_why;
	end_trial(s, attempt, why, compared);
}
