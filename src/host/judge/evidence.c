// SPDX-License-Identifier: GPL-2.0-only
/* What each entry of a journal says of the run. */
#include "host/judge/evidence_internal.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"

#include <errno.h>
#include <string.h>

/* A journal is a board's word: what it makes the host keep is bounded. */
#define MODULES_MAX  1024
#define ATTEMPTS_MAX 4096
#define SURVIVOR_MAX (16u * 1024 * 1024)
#define FILES_MAX    1024

int evidence_contradiction(const char *what)
{
	log_error("The journal of this run contradicts itself: %s", what);
	return -EBADMSG;
}

static int add_plan(struct evidence_list *list, const outpost_Plan *plan)
{
	if (list->modules)
		return evidence_contradiction("it has two plans");
	if (plan->modules > MODULES_MAX)
		return evidence_contradiction("its plan has too many modules");
	list->plan = *plan;
	list->modules = xcalloc(plan->modules ? plan->modules : 1, sizeof(*list->modules));
	return 0;
}

static int add_module(struct evidence_list *list, const outpost_PlanModule *module)
{
	if (!list->modules || module->index != list->n_modules ||
	    module->index >= list->plan.modules)
		return evidence_contradiction("a module that is not in its plan");
	list->modules[list->n_modules++] = *module;
	return 0;
}

/*
 * How long the board was gone, by its own wall clock. Without a clock chip it
 * may be wrong until the network sets it, to the short side.
 */
static void set_down(const struct evidence_list *list, struct evidence *e, const outpost_Boot *boot,
		     uint64_t now)
{
	int64_t last_alive, started;

	if (!list->has_boot || e->has_down || list->boot.wall_s > INT32_MAX * 2ll ||
	    boot->wall_s > INT32_MAX * 2ll || now > INT64_MAX / 2 ||
	    list->last_us > INT64_MAX / 2 || list->boot_us > INT64_MAX / 2)
		return;
	last_alive = (int64_t)list->boot.wall_s * 1000 +
		     ((int64_t)list->last_us - (int64_t)list->boot_us) / 1000;
	started = (int64_t)boot->wall_s * 1000 - (int64_t)now / 1000;
	e->has_down = true;
	e->down_ms = started - last_alive;
}

/* Between this boot and the one before, which the attempt was in, and by nobody's order? */
static bool went_down(const struct evidence_list *list, const struct evidence *last,
		      const outpost_Boot *boot)
{
	return !list->ended && !last->reboot_ordered && !last->host.cut_off &&
	       !last->host.unreachable && strcmp(last->boot_id, boot->boot_id) != 0 &&
	       (!list->has_boot || strcmp(last->boot_id, list->boot.boot_id) == 0);
}

/*
 * A supervisor that starts in another boot tells that the board went down
 * after the last module began, or after it ended: what a module leaves behind
 * may kill the board when its window has closed. Once the run was over a
 * reboot is nobody's: somebody may have waited a day with the second attempt.
 */
static void add_boot(struct evidence_list *list, const outpost_Boot *boot, uint64_t now)
{
	struct evidence *last = evidence_last(list);

	if (last && went_down(list, last, boot)) {
		last->rebooted = true;
		set_down(list, last, boot, now);
	} else if (last && strcmp(last->boot_id, boot->boot_id) == 0 &&
		   strcmp(last->nonce, boot->nonce) != 0) {
		last->restored = true;
	}
	list->boot = *boot;
	list->has_boot = true;
	list->boot_us = now;
	list->has_skew = false;
	list->ended = false;
	list->current = NULL;
}

static int add_begin(struct evidence_list *list, const outpost_ModuleBegin *begin, uint64_t now)
{
	struct evidence *e;

	if (begin->index >= list->n_modules)
		return evidence_contradiction("it begins with a module that is not in its plan");
	if (list->n >= ATTEMPTS_MAX)
		return evidence_contradiction("it has too many attempts");
	e = xcalloc(1, sizeof(*e));
	e->text = e->output = e->survived = (struct strbuf)STRBUF_INIT;
	e->plan = list->modules[begin->index];
	e->modules = list->modules;
	e->n_modules = list->n_modules;
	e->has_skew = list->has_skew;
	e->skew_us = list->skew_us;
	e->repeat = list->plan.repeat;
	e->purpose = list->plan.purpose;
	e->attempt = begin->attempt;
	e->begun = true;
	e->begin_us = now;
	if (list->has_boot) {
		proto_set(e->boot_id, list->boot.boot_id);
		proto_set(e->nonce, list->boot.nonce);
		e->watchdog_s = list->boot.watchdog_s;
	}
	GROW(list->items, list->n);
	list->items[list->n++] = e;
	list->current = e;
	return 0;
}

/*
 * The entries' clock and the kernel log's drift apart over days. A record that
 * was read at once shows by how much.
 */
static void learn_skew(struct evidence_list *list, uint64_t now, uint64_t record_us)
{
	int64_t skew = (int64_t)(now - record_us);

	if (list->has_skew && skew >= list->skew_us)
		return;
	list->has_skew = true;
	list->skew_us = skew;
	if (list->current) {
		list->current->has_skew = true;
		list->current->skew_us = skew;
	}
}

static int add_end(struct evidence_list *list, const outpost_ModuleEnd *end, uint64_t now)
{
	struct evidence *e = list->current;

	if (!e || e->ended || end->index != e->plan.index || end->attempt != e->attempt)
		return evidence_contradiction("a module ends that had not begun");
	e->end = *end;
	e->ended = true;
	e->end_us = now;
	return 0;
}

static void add_reboot(struct evidence_list *list, const outpost_RebootOrdered *reboot)
{
	struct evidence *e = evidence_last(list);

	if (!e)
		return;
	e->reboot_ordered = true;
	proto_set(e->reboot_why, reboot->why);
}

/*
 * What survived belongs to the module that was under way, or was last; it is
 * recorded before the new Boot. After an ordered reboot it tells nothing new.
 */
static void add_survivor(struct evidence_list *list, const outpost_Survivor *survivor)
{
	struct evidence *e = evidence_last(list);
	struct evidence_file *file;

	if (!e || e->reboot_ordered || e->survived.len + survivor->data.size > SURVIVOR_MAX)
		return;
	file = e->n_survivors ? &e->survivors[e->n_survivors - 1] : NULL;
	if (!file || survivor->first || strcmp(file->name, survivor->name) != 0) {
		if (e->n_survivors == FILES_MAX)
			return;
		GROW(e->survivors, e->n_survivors);
		file = &e->survivors[e->n_survivors++];
		*file = (struct evidence_file){ .offset = e->survived.len };
		proto_set(file->name, survivor->name);
	}
	file->length += survivor->data.size;
	strbuf_add(&e->survived, survivor->data.bytes, survivor->data.size);
}

static void set_left(struct evidence_list *list, struct evidence *e, bool lost, bool cancelled)
{
	if (list->left)
		list->left->host.lost = list->left->host.cancelled = false;
	list->left = e;
	list->lost = lost;
	list->cancelled = cancelled;
	if (e) {
		e->host.lost = lost;
		e->host.cancelled = cancelled;
	}
}

/* What the host did and saw, which no entry of a board's tells. */
static void add_recovery(struct evidence_list *list, const outpost_Recovery *recovery)
{
	struct evidence *e = evidence_find(list, recovery->index);

	set_left(list, e, recovery->lost, recovery->cancelled);
	if (!e)
		return;
	if (*recovery->tried) {
		free(e->host.tried);
		e->host.tried = xstrdup(recovery->tried);
		e->host.power_cycled = recovery->power_cycled;
		e->host.cut_off = recovery->cut_off;
	}
	e->host.unreachable |= recovery->unreachable;
	if (!recovery->rebooted)
		return;
	e->host.rebooted = true;
	e->host.has_down = recovery->has_down;
	e->host.down_ms = recovery->down_ms;
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
	e->cancelled = end->cancelled;
	proto_set(e->what, end->what);
}

static int add_entry(struct evidence_list *list, const outpost_Entry *entry)
{
	switch (entry->which_body) {
	case outpost_Entry_plan_tag: return add_plan(list, &entry->body.plan);
	case outpost_Entry_module_tag: return add_module(list, &entry->body.module);
	case outpost_Entry_boot_tag: add_boot(list, &entry->body.boot, entry->time_us); return 0;
	case outpost_Entry_begin_tag: return add_begin(list, &entry->body.begin, entry->time_us);
	case outpost_Entry_end_tag: return add_end(list, &entry->body.end, entry->time_us);
	case outpost_Entry_survivor_tag: add_survivor(list, &entry->body.survivor); return 0;
	case outpost_Entry_reboot_tag: add_reboot(list, &entry->body.reboot); return 0;
	case outpost_Entry_run_end_tag: add_run_end(list, &entry->body.run_end); return 0;
	case outpost_Entry_recovery_tag: add_recovery(list, &entry->body.recovery); return 0;
	case outpost_Entry_record_tag:
		learn_skew(list, entry->time_us, entry->body.record.time_us);
		break;
	}
	return list->current ? evidence_add_to_attempt(list->current, entry) : 0;
}

int evidence_add(struct evidence_list *list, const outpost_Entry *entry)
{
	int r;

	if (entry->which_body != outpost_Entry_recovery_tag)
		set_left(list, NULL, false, false);
	r = add_entry(list, entry);

	/* By the clock of a boot yet to be told, or by nobody's. */
	if (entry->which_body != outpost_Entry_survivor_tag &&
	    entry->which_body != outpost_Entry_recovery_tag)
		list->last_us = entry->time_us;
	return r;
}
