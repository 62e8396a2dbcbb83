// SPDX-License-Identifier: GPL-2.0-only
#include "agent/run/trial.h"

#include "agent/base/blob.h"
#include "agent/run/module.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/fs.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#define TERM_GRACE_MS      1000 /* between SIGTERM and SIGKILL */
#define KILL_GRACE_MS      2000 /* after SIGKILL: what still exists then cannot be killed */
#define PROBE_CANCELLED_MS 3000 /* for modprobe -r after a cancel */
#define REMOVE_MS          5000 /* for what a test program left in its folder */
#define NAME_HOLDERS_MS    2000 /* for reading all of /proc, which took a loaded board 700 ms */

void trial_need_reboot(struct supervisor *s, const char *fmt, ...)
{
	va_list ap;

	if (*s->reboot_why)
		return;
	va_start(ap, fmt);
	vsnprintf(s->reboot_why, sizeof(s->reboot_why), fmt, ap);
	va_end(ap);
}

static uint64_t after_ms(uint64_t ms)
{
	return boottime_us() + ms * 1000;
}

void trial_begin_step(struct supervisor *s, outpost_Step step, uint32_t repetition)
{
	outpost_StepBegin *begin = &watch_entry(s, outpost_Entry_step_tag)->body.step;

	begin->step = step;
	begin->repetition = repetition;
	watch_write(s, true);
}

void trial_end_step(struct supervisor *s, const outpost_StepEnd *end)
{
	watch_entry(s, outpost_Entry_step_end_tag)->body.step_end = *end;
	watch_write(s, false);
}

/*
 * Ends a child that is late or no longer wanted. false: it cannot be killed. A child that
 * cannot be killed right now first gets all the time of its step: uninterruptible sleep is not
 * a fault.
 */
static bool end_child(struct supervisor *s, struct step *step, bool gently, uint64_t deadline_us)
{
	uint64_t now;

	if (gently) {
		step_signal(step, SIGTERM);
		if (watch_wait(s, step, after_ms(TERM_GRACE_MS), false) == WATCH_ENDED)
			return true;
	}
	step_signal(step, SIGKILL);
	now = boottime_us();
	if (deadline_us < now)
		deadline_us = now;
	return watch_wait(s, step, deadline_us + KILL_GRACE_MS * 1000, false) == WATCH_ENDED;
}

void trial_run_step(struct supervisor *s, step_fn fn, const void *arg, uint32_t limit_ms,
		    outpost_StepEnd *end)
{
	bool is_test = end->step == outpost_Step_TESTING;
	bool cancellable =
		is_test || end->step == outpost_Step_LOADING || end->step == outpost_Step_PREPARE;
	uint64_t deadline;
	struct step step;
	enum watch_end how;
	int r;

	guard_expect_asleep(&s->guard, limit_ms);
	r = cancellable && supervisor_cancelled ? -ECANCELED : step_start(&step, fn, arg, is_test);
	if (r < 0) {
		end->error = -r;
		end->cancelled = r == -ECANCELED;
		return;
	}
	deadline = after_ms(limit_ms);
	how = watch_wait(s, &step, deadline, cancellable || fn == module_probe);
	if (how == WATCH_CANCELLED && !cancellable) {
		/* Restore the board's own modules as far as this is quick. */
		if (deadline > after_ms(PROBE_CANCELLED_MS))
			deadline = after_ms(PROBE_CANCELLED_MS);
		how = watch_wait(s, &step, deadline, false);
	}
	end->late = how == WATCH_LATE;
	end->cancelled = how == WATCH_CANCELLED;
	if (how == WATCH_ENDED || end_child(s, &step, is_test, deadline))
		step_finish(&step, end);
	else
		step_abandon(&step, end);
	watch_drain(s);
}

bool trial_leaves_loaded(const struct supervisor *s)
{
	return s->plan.purpose == outpost_Purpose_LOAD && !supervisor_cancelled;
}

/* --- load, test, unload --------------------------------------------------------- */

int trial_load_blob(struct supervisor *s, const outpost_PlanModule *module, outpost_StepEnd *end)
{
	char path[DIRS_MAX];
	struct module_load load = { .path = path, .params = module->params };
	int r = blob_path(&s->dirs, module->hash.bytes, path);

	if (r < 0)
		end->error = -r;
	else
		trial_run_step(s, module_load, &load, module->load_ms, end);
	return proto_step_failed(end) ? -1 : 0;
}

int trial_unload_any(struct supervisor *s, const outpost_PlanModule *module, outpost_StepEnd *end)
{
	struct module_unload what = { .name = module->name, .limit_ms = module->unload_ms };

	/*
	 * The child gives up by itself at the limit and then lists the module's users; only an
	 * exit function that does not return makes it late.
	 */
	trial_run_step(s, module_unload, &what, module->unload_ms + NAME_HOLDERS_MS, end);
	if (!end->error && end->duration_us > (module->unload_ms + 500) * 1000ull)
		end->late = true;
	if (end->stuck)
		trial_need_reboot(s, "%s cannot be unloaded: its exit does not return",
				  module->name);
	return proto_step_failed(end) ? -1 : 0;
}

void trial_load(struct supervisor *s, uint32_t repetition, outpost_StepEnd *end)
{
	*end = (outpost_StepEnd){ .step = outpost_Step_LOADING };
	trial_begin_step(s, outpost_Step_LOADING, repetition);
	trial_load_blob(s, s->current, end);
	if (end->stuck)
		trial_need_reboot(s, "%s cannot be loaded: its init does not return",
				  s->current->name);
	if (!proto_step_failed(end))
		end->code_count =
			(pb_size_t)module_code(s->current->name, end->code, ARRAY_SIZE(end->code));
	trial_end_step(s, end);
}

static int remove_tree(const void *dir, struct step_report *report)
{
	(void)report;
	return fs_remove_tree(dir) < 0;
}

/* In a child if there is something in it: that allocates memory, and may take long. */
static void remove_private(struct supervisor *s, const char *dir)
{
	outpost_StepEnd end = { .step = outpost_Step_RESTORE };

	if (rmdir(dir) < 0 && errno == ENOTEMPTY)
		trial_run_step(s, remove_tree, dir, REMOVE_MS, &end);
}

void trial_test(struct supervisor *s, uint32_t repetition, outpost_StepEnd *end)
{
	char path[DIRS_MAX], dir[DIRS_MAX];
	struct module_program program = {
		.path = path, .dir = dir, .module = s->current->name, .plan = s->current
	};
	int r = blob_path(&s->dirs, s->current->program.bytes, path);

	if (r == 0)
		r = dirs_make_private(&s->dirs, dir);
	*end = (outpost_StepEnd){ .step = outpost_Step_TESTING, .error = r < 0 ? -r : 0 };
	trial_begin_step(s, outpost_Step_TESTING, repetition);
	if (r == 0) {
		trial_run_step(s, module_program, &program, s->current->test_ms, end);
		remove_private(s, dir);
	}
	if (end->stuck)
		trial_need_reboot(s, "the test program of %s cannot be killed", s->current->name);
	trial_end_step(s, end);
}

void trial_unload(struct supervisor *s, uint32_t repetition, outpost_StepEnd *end)
{
	*end = (outpost_StepEnd){ .step = outpost_Step_UNLOADING };
	trial_begin_step(s, outpost_Step_UNLOADING, repetition);
	trial_unload_any(s, s->current, end);
	if (module_is_loaded(s->current->name))
		trial_need_reboot(s, "%s is still loaded", s->current->name);
	trial_end_step(s, end);
}
