// SPDX-License-Identifier: GPL-2.0-only
/* Adds journal entries to the evidence. */
#include "host/judge/evidence_internal.h"

#include "common/alloc.h"
#include "common/log.h"

#include <errno.h>
#include <string.h>

/* A journal comes from a board: limit what it can make the host store. */
#define MODULES_MAX  1024
#define ATTEMPTS_MAX 4096

int evidence_contradiction(const char *what)
{
	log_error("The journal of this run is inconsistent: %s", what);
	return -EBADMSG;
}

static int add_plan(struct evidence_list *list, const outpost_Plan *plan)
{
	if (list->modules)
		return evidence_contradiction("more than one plan");
	if (plan->modules > MODULES_MAX)
		return evidence_contradiction("too many modules in the plan");
	list->plan = *plan;
	list->modules = xcalloc(plan->modules ? plan->modules : 1, sizeof(*list->modules));
	return 0;
}

static int add_module(struct evidence_list *list, const outpost_PlanModule *module)
{
	if (!list->modules || module->index != list->n_modules ||
	    module->index >= list->plan.modules)
		return evidence_contradiction("a module that is not in the plan");
	list->modules[list->n_modules++] = *module;
	return 0;
}

static int add_begin(struct evidence_list *list, const outpost_ModuleBegin *begin, uint64_t now)
{
	struct evidence *e;

	if (begin->index >= list->n_modules)
		return evidence_contradiction("the start of a module that is not in the plan");
	if (list->n >= ATTEMPTS_MAX)
		return evidence_contradiction("too many attempts");
	e = xcalloc(1, sizeof(*e));
	e->log.text = e->trial.output = e->survivors.data = (struct strbuf)STRBUF_INIT;
	e->plan = list->modules[begin->index];
	e->modules = list->modules;
	e->n_modules = list->n_modules;
	e->repeat = list->plan.repeat;
	e->purpose = list->plan.purpose;
	e->attempt = begin->attempt;
	e->begin_us = now;
	evidence_begin_board(list, &e->board);
	GROW(list->items, list->n);
	list->items[list->n++] = e;
	list->current = e;
	return 0;
}

static void add_run_end(struct evidence_list *list, const outpost_RunEnd *end)
{
	struct evidence *e = list->current;

	list->run_end = *end;
	list->ended = true;
	list->n_ends++;
	list->current = NULL;
	if (!e)
		return;
	e->run.cancelled = end->cancelled;
	proto_set(e->run.why, end->what);
}

static int add_to_attempt(struct evidence_list *list, const outpost_Entry *entry)
{
	struct evidence *e = list->current;

	if (!e) /* not part of an attempt: says nothing about a module */
		return entry->which_body == outpost_Entry_end_tag
			       ? evidence_contradiction("the end of a module that had not begun")
			       : 0;
	switch (entry->which_body) {
	case outpost_Entry_record_tag: evidence_add_record(list, e, &entry->body.record); return 0;
	case outpost_Entry_lost_tag:
		evidence_add_lost(e, entry->body.lost.count, entry->body.lost.kept_back);
		return 0;
	}
	return evidence_add_to_trial(e, entry);
}

static int add_entry(struct evidence_list *list, const outpost_Entry *entry)
{
	uint64_t now = entry->time_us;

	switch (entry->which_body) {
	case outpost_Entry_plan_tag: return add_plan(list, &entry->body.plan);
	case outpost_Entry_module_tag: return add_module(list, &entry->body.module);
	case outpost_Entry_begin_tag: return add_begin(list, &entry->body.begin, now);
	case outpost_Entry_run_end_tag: add_run_end(list, &entry->body.run_end); return 0;
	case outpost_Entry_boot_tag: evidence_add_boot(list, &entry->body.boot, now); return 0;
	case outpost_Entry_survivor_tag:
		evidence_add_survivor(list, &entry->body.survivor);
		return 0;
	case outpost_Entry_reboot_tag: evidence_add_reboot(list, &entry->body.reboot); return 0;
	case outpost_Entry_recovery_tag:
		evidence_add_recovery(list, &entry->body.recovery);
		return 0;
	case outpost_Entry_record_tag:
		evidence_learn_skew(list, now, entry->body.record.time_us);
		break;
	}
	return add_to_attempt(list, entry);
}

int evidence_add(struct evidence_list *list, const outpost_Entry *entry)
{
	int r;

	if (entry->which_body != outpost_Entry_recovery_tag)
		evidence_forget_left(list);
	r = add_entry(list, entry);
	/* These two have the clock of a boot that is not yet known, or none. */
	if (entry->which_body != outpost_Entry_survivor_tag &&
	    entry->which_body != outpost_Entry_recovery_tag)
		list->last_us = entry->time_us;
	return r;
}
