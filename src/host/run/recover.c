// SPDX-License-Identifier: GPL-2.0-only
/* A board that does not come back by itself; and what had become of it. */
#include "host/run/internal.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/process.h"
#include "common/strv.h"
#include "host/board/last_seen.h"
#include "host/module/testconf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A supervisor that waits writes something every 5 s: two of those, and what a slow disk takes. */
#define SILENT_US (12 * 1000 * 1000)

/* A board under load may take several times as long as it once did. */
#define RETURN_FACTOR 3
#define RETURN_MAX_MS (10 * 60 * 1000)

/* vm_reset() returns when the vm has booted: what is left is to log in. */
#define LOGIN_MS 30000

static long long usual_return_ms(const struct run *run)
{
	const struct board *board = run->q->board;
	bool has_booted = run->power_cycled && board->is_vm && !board->power_cycle;
	long long ms = last_seen_return_ms(board->name) * RETURN_FACTOR;
	long long least = has_booted ? LOGIN_MS : RUN_RETURN_MS;

	return ms < least ? least : ms < RETURN_MAX_MS ? ms : RETURN_MAX_MS;
}

long long run_return_ms(const struct run *run)
{
	long long said = run->q->return_ms, usual = usual_return_ms(run);

	/* How soon to reset it is the user's to say; that does not make it boot faster. */
	return !said || (run->power_cycled && said < usual) ? usual : said;
}

int run_patience_ms(const struct run *run)
{
	return run->q->patience_ms ? run->q->patience_ms : RUN_PATIENCE_MS;
}

long long run_quiet_ms(const struct run *run)
{
	const struct evidence_list *list = &run->list;
	long long longest = 0, tidying = 0;

	for (size_t i = 0; i < list->n_modules; i++) {
		const outpost_PlanModule *m = &list->modules[i];
		long long ms = (long long)m->load_ms + m->test_ms + m->unload_ms + m->settle_ms;

		longest = ms > longest ? ms : longest;
		tidying += m->unload_ms; /* of what a killed supervisor left */
	}
	return run_patience_ms(run) + tidying + longest;
}

static bool reset_vm(struct run *run)
{
	const char *name = run->q->board->name;
	bool ok;

	log_info("Board %s %sis reset.", name, run->stuck ? "" : "does not answer: it ");
	ok = run->q->reset_vm(name, 0) == 0;
	run->tried = xstrdup(ok ? "it was reset" : "resetting it was of no use");
	return ok;
}

/* What became of the hook, in words; NULL: all is well. */
static char *run_hook(const struct run *run)
{
	_cleanup_strv_ char **argv = NULL;
	struct process_options options = { .timeout_ms = run->q->hook_ms ? run->q->hook_ms
									 : RUN_HOOK_MS };
	int r = words_split(run->q->board->power_cycle, &argv);

	if (r == 0)
		r = argv ? process_run(argv, &options) : -EINVAL;
	if (r == 0)
		return NULL;
	if (r == -ETIME)
		return xasprintf("it did not end within %d s", options.timeout_ms / 1000);
	return r < 0 ? xstrdup(strerror(-r)) : xasprintf("it ended with status %d", r);
}

static bool switch_power(struct run *run)
{
	const struct board *board = run->q->board;
	_cleanup_free_ char *why = NULL;

	log_info("Board %s%s: its power is switched off and on (%s).", board->name,
		 run->stuck ? "" : " does not answer", board->power_cycle);
	why = run_hook(run);
	run->tried = why ? xasprintf("its power-cycle hook failed: %s", why)
			 : xasprintf("its power was switched off and on (%s)", board->power_cycle);
	if (why && !process_interrupted) {
		log_error("The power-cycle hook of board %s failed: %s: %s", board->name,
			  board->power_cycle, why);
		log_hint("Try it by hand: it must end with 0 within %d s.",
			 (run->q->hook_ms ? run->q->hook_ms : RUN_HOOK_MS) / 1000);
	}
	return !why;
}

bool run_power_cycle(struct run *run)
{
	const struct board *board = run->q->board;

	if (run->tried || (!board->power_cycle && !(board->is_vm && run->q->reset_vm)))
		return false;
	run->reset_ms = monotonic_ms();
	run_note_reset(run); /* first: killed from here on, we cannot say that it was us */
	/* A person's own command comes first, also for a vm. */
	run->power_cycled = board->power_cycle ? switch_power(run) : reset_vm(run);
	if (!run->power_cycled)
		run_forget_reset(run);
	return run->power_cycled;
}

/*
 * A hook may be done before the power drops: the board that answers then is
 * still the old boot. Only when that has gone on, for longer than a boot takes,
 * has the reset come to nothing.
 */
static bool awaits_reset(const struct run *run)
{
	return run->power_cycled && (run->entry_ms <= run->reset_ms ||
				     monotonic_ms() - run->reset_ms <= run_return_ms(run));
}

void run_note_cut(struct run *run)
{
	if (run->reboot.seen || awaits_reset(run))
		return;
	run->cut_in = evidence_last(&run->list);
	run->cut_us = run->list.last_us;
	run->cut_entry_ms = run->entry_ms;
	run->power_cycled = run->stuck = false;
	free(TAKE_PTR(run->tried));
}

/*
 * Had it fallen silent when it was reset? By its own clock, as far as the last
 * entry that was heard of tells that one. A reset that came too soon for that
 * shows nothing.
 */
static bool was_silent(const struct run *run)
{
	long long since_us = (run->reset_ms - run->cut_entry_ms) * 1000;

	return run->cut_us && run->cut_entry_ms && since_us > 0 &&
	       run->cut_us + (uint64_t)since_us > run->list.last_us + SILENT_US;
}

/*
 * Whom a reset concerns: what the board was at when it went down, by all of its
 * journal. That may be another one than when the link was cut.
 */
static const struct evidence *find_concerned(const struct run *run)
{
	return run->reboot.seen ? evidence_last(&run->list) : run->cut_in;
}

/* The boot that the attempt was in has ended, nobody is known to have ordered that, and it was not
 * told yet. */
static bool has_gone_down(const struct run *run, const struct evidence *e)
{
	return run->reboot.seen && (!run_has_ended(run) || run->reboot.after_end) &&
	       !e->board.reboot_ordered && !evidence_rebooted(e) && !e->host.cut_off &&
	       !e->host.unreachable && strcmp(e->board.boot_id, run->boot_id) != 0;
}

static void tell(struct run *run, const struct evidence *e)
{
	outpost_Entry entry = { .which_body = outpost_Entry_recovery_tag };
	outpost_Recovery *what = &entry.body.recovery;

	what->index = e->plan.index;
	if (run->tried) {
		proto_set(what->tried, run->tried);
		what->power_cycled = run->power_cycled;
		what->cut_off = run->power_cycled && !run->stuck &&
				(run_has_ended(run) || (run->reboot.seen && !was_silent(run)));
	}
	if (has_gone_down(run, e) && !what->cut_off) {
		what->unreachable = run->reset_in_vain;
		what->rebooted = !run->reset_in_vain;
		what->has_down = run->reboot.has_down;
		what->down_ms = run->reboot.down_ms;
	}
	if (what->unreachable) /* by us: whether it had hung is not known any more */
		proto_set(what->tried, "it was reset, and nobody saw it come back");
	if (*what->tried || what->rebooted)
		run_journal_note(run, &entry);
}

void run_tell_apart(struct run *run)
{
	const struct evidence *e = find_concerned(run);

	if (e)
		tell(run, e);
	if (run->state != RUN_LOST)
		run_forget_reset(run);
	free(TAKE_PTR(run->tried));
	run->reboot = (struct run_reboot){ 0 };
	run->stuck = run->power_cycled = run->reset_in_vain = false;
}

void run_tell_left(struct run *run)
{
	outpost_Entry entry = { .which_body = outpost_Entry_recovery_tag };
	outpost_Recovery *what = &entry.body.recovery;
	const struct evidence *last = evidence_last(&run->list);
	bool open = !run_has_ended(run);

	what->index = last ? last->plan.index : 0;
	/* A second attempt that was never begun leaves the first ones as they were. */
	what->lost = open && run->state == RUN_LOST && (!last || last->attempt >= run->attempt);
	what->cancelled = open && (run->cancelled || run->given_up || run->list.run_end.cancelled);
	if (what->lost != run->list.lost || what->cancelled != run->list.cancelled)
		run_journal_note(run, &entry);
}
