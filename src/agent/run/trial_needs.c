// SPDX-License-Identifier: GPL-2.0-only
#include "agent/run/trial.h"

#include "agent/run/module.h"

#include <stdio.h>
#include <string.h>

#define PROBE_MS 30000 /* modprobe of something in the board's own tree */

static bool probe(struct supervisor *s, const char *name, bool remove, outpost_StepEnd *end)
{
	struct module_probe what = { .name = name, .remove = remove };

	trial_run_step(s, module_probe, &what, PROBE_MS, end);
	if (proto_step_failed(end) && !end->cancelled && !*end->detail)
		snprintf(end->detail, sizeof(end->detail), "modprobe %s failed", name);
	return !proto_step_failed(end);
}

static bool load_need(struct supervisor *s, const outpost_PlanModule *need, outpost_StepEnd *end)
{
	for (pb_size_t i = 0; i < need->in_tree_count; i++)
		if (!probe(s, need->in_tree[i], false, end))
			return false;
	if (trial_load_blob(s, need, end) == 0)
		return true;
	if (!end->cancelled)
		snprintf(end->detail, sizeof(end->detail),
			 "%s, which it needs, could not be loaded: %s", need->name,
			 strerror(end->error));
	if (end->stuck)
		trial_need_reboot(s, "%s cannot be loaded: its init does not return", need->name);
	return false;
}

/* A module of that name that is already loaded would make the load fail and the verdict wrong. */
static bool remove_earlier(struct supervisor *s, outpost_StepEnd *end)
{
	if (s->plan.purpose == outpost_Purpose_UNLOAD || !module_is_loaded(s->current->name))
		return true;
	watch_note(s, "%s was already loaded; unloading it first", s->current->name);
	if (trial_unload_any(s, s->current, end) == 0)
		return true;
	if (!end->cancelled)
		snprintf(end->detail, sizeof(end->detail),
			 "%s was already loaded and could not be unloaded: %s", s->current->name,
			 strerror(end->error));
	return false;
}

bool trial_prepare(struct supervisor *s, char *why, size_t size)
{
	const outpost_PlanModule *m = s->current;
	outpost_StepEnd end = { .step = outpost_Step_PREPARE };
	bool ok;

	if (!m->needs_count && !m->in_tree_count && !module_is_loaded(m->name))
		return true;
	trial_begin_step(s, outpost_Step_PREPARE, 0);
	ok = remove_earlier(s, &end);
	for (pb_size_t i = 0; ok && i < m->needs_count; i++)
		ok = module_is_loaded(s->modules[m->needs[i]].name) ||
		     load_need(s, &s->modules[m->needs[i]], &end);
	for (pb_size_t i = 0; ok && i < m->in_tree_count; i++)
		ok = probe(s, m->in_tree[i], false, &end);
	trial_end_step(s, &end);
	if (!ok)
		snprintf(why, size, "%s",
			 end.cancelled ? "the run was cancelled"
			 : *end.detail ? end.detail
				       : strerror(end.error));
	return ok;
}

void trial_restore(struct supervisor *s)
{
	const outpost_PlanModule *m = s->current;
	outpost_StepEnd end = { .step = outpost_Step_RESTORE };
	bool late = false;

	if (trial_leaves_loaded(s) || (!m->needs_count && !m->in_tree_count))
		return;
	trial_begin_step(s, outpost_Step_RESTORE, 0);
	for (pb_size_t i = m->needs_count; i-- > 0;) {
		const outpost_PlanModule *need = &s->modules[m->needs[i]];

		if (module_is_loaded(need->name) && trial_unload_any(s, need, &end) < 0)
			trial_need_reboot(s, "%s could not be unloaded", need->name);
	}
	/* Others may use the board's own modules, so a refusal is not an error. */
	for (pb_size_t i = m->in_tree_count; i-- > 0 && !(late && supervisor_cancelled);) {
		outpost_StepEnd ignored = { .step = outpost_Step_RESTORE };

		probe(s, m->in_tree[i], true, &ignored);
		late = ignored.late;
		if (ignored.stuck && !supervisor_cancelled) {
			end.stuck = true;
			trial_need_reboot(s, "%s cannot be unloaded: its exit does not return",
					  m->in_tree[i]);
		}
	}
	trial_end_step(s, &end);
}
