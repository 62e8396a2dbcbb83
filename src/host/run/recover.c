// SPDX-License-Identifier: GPL-2.0-only
#include "host/run/internal.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "common/process.h"
#include "common/strv.h"
#include "host/board/last_seen.h"
#include "host/module/testconf.h"
#include "host/vm/vm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A waiting supervisor writes an entry every 5 s: two of those, and the delay of a slow disk. */
#define SILENT_US (12 * 1000 * 1000)

/* A board under load may take several times as long as last time. */
#define RETURN_FACTOR 3
#define RETURN_MAX_MS (10 * 60 * 1000)

/* vm_reset() returns when the vm has booted; only the login remains. */
#define LOGIN_MS 30000

/* A boot other than the one before. */
struct reboot {
	bool seen;
	bool after_end; /* soon after the end of the run had arrived: the run caused it */
	bool has_down;
	int64_t down_ms; /* from its last sign of life to its boot */
	char boot_id[40];
};

struct run_recovery {
	const struct run_request *q;
	struct run_journal *journal;
	/* When the link was last lost: */
	const struct evidence *cut_in; /* the attempt that was running */
	uint64_t cut_us;               /* time of the last entry, by the board's clock */
	long long cut_heard_ms;        /* when that entry came, by ours */
	struct reboot reboot;
	char *tried;        /* what was done to get the board back, in words; NULL: nothing */
	bool stuck;         /* the link worked, but the board made no progress */
	bool power_cycled;  /* the power cycle worked */
	bool reset_in_vain; /* by an earlier host process, which did not see the board come back */
	long long reset_ms; /* when the reset began */
};

struct run_recovery *run_recovery_new(const struct run_request *q, struct run_journal *journal)
{
	struct run_recovery *rec = xcalloc(1, sizeof(*rec));

	rec->q = q;
	rec->journal = journal;
	return rec;
}

void run_recovery_free(struct run_recovery *rec)
{
	free(rec->tried);
	free(rec);
}

/* --- getting it back -------------------------------------------------------------------- */

static long long usual_return_ms(const struct run_recovery *rec)
{
	const struct board *board = rec->q->board;
	bool has_booted = rec->power_cycled && board->is_vm && !board->power_cycle;
	long long ms = last_seen_return_ms(board->name) * RETURN_FACTOR;
	long long least = has_booted ? LOGIN_MS : RUN_RETURN_MS;

	return ms < least ? least : ms < RETURN_MAX_MS ? ms : RETURN_MAX_MS;
}

long long run_recovery_return_ms(const struct run_recovery *rec)
{
	long long said = rec->q->return_ms, usual = usual_return_ms(rec);

	/* The user says how soon to reset the board; that does not make it boot faster. */
	return !said || (rec->power_cycled && said < usual) ? usual : said;
}

static bool reset_vm(struct run_recovery *rec)
{
	const char *name = rec->q->board->name;
	bool ok;

	log_info("Board %s %s; resetting it", name, rec->stuck ? "is stuck" : "does not answer");
	ok = vm_reset(name, 0) == 0;
	rec->tried = xstrdup(ok ? "it was reset" : "resetting it did not help");
	return ok;
}

/* Why the hook failed; NULL: it did not. The caller frees it. */
static char *run_hook(const struct run_recovery *rec)
{
	_cleanup_strv_ char **argv = NULL;
	struct process_options options = { .timeout_ms = rec->q->hook_ms ? rec->q->hook_ms
									 : RUN_HOOK_MS };
	int r = words_split(rec->q->board->power_cycle, &argv);

	if (r == 0)
		r = argv ? process_run(argv, &options) : -EINVAL;
	if (r == 0)
		return NULL;
	if (r == -ETIME)
		return xasprintf("it did not end within %d s", options.timeout_ms / 1000);
	return r < 0 ? xstrdup(strerror(-r)) : xasprintf("it ended with status %d", r);
}

static bool switch_power(struct run_recovery *rec)
{
	const struct board *board = rec->q->board;
	_cleanup_free_ char *why = NULL;

	log_info("Board %s %s; switching its power off and on (%s)", board->name,
		 rec->stuck ? "is stuck" : "does not answer", board->power_cycle);
	why = run_hook(rec);
	rec->tried = why ? xasprintf("its power-cycle hook failed: %s", why)
			 : xasprintf("its power was switched off and on (%s)", board->power_cycle);
	if (why && !process_interrupted) {
		log_error("The power-cycle hook of board %s failed: %s: %s", board->name,
			  board->power_cycle, why);
		log_hint("Run the hook by hand; it must exit with status 0 within %d s",
			 (rec->q->hook_ms ? rec->q->hook_ms : RUN_HOOK_MS) / 1000);
	}
	return !why;
}

bool run_recovery_power_cycle(struct run_recovery *rec)
{
	const struct board *board = rec->q->board;

	if (rec->tried || (!board->power_cycle && !board->is_vm))
		return false;
	rec->reset_ms = run_now_ms(rec->q);
	/* First: if killed from here on, we cannot report that it was us. */
	run_journal_mark(rec->journal, MARK_RESET);
	/* The user's hook takes precedence, even for a vm. */
	rec->power_cycled = board->power_cycle ? switch_power(rec) : reset_vm(rec);
	if (!rec->power_cycled)
		run_journal_unmark(rec->journal, MARK_RESET);
	return rec->power_cycled;
}

/*
 * A hook may return before the power drops, so a board that answers then may still be in the
 * old boot. The reset failed only if that boot goes on for longer than a boot takes.
 */
static bool awaits_reset(const struct run_recovery *rec)
{
	return rec->power_cycled &&
	       (run_journal_heard_ms(rec->journal) <= rec->reset_ms ||
		run_now_ms(rec->q) - rec->reset_ms <= run_recovery_return_ms(rec));
}

void run_recovery_note_cut(struct run_recovery *rec)
{
	const struct evidence_list *list = run_journal_evidence(rec->journal);

	if (rec->reboot.seen || awaits_reset(rec))
		return;
	rec->cut_in = evidence_last(list);
	rec->cut_us = list->last_us;
	rec->cut_heard_ms = run_journal_heard_ms(rec->journal);
	rec->power_cycled = rec->stuck = false;
	free(TAKE_PTR(rec->tried));
}

void run_recovery_note_stuck(struct run_recovery *rec)
{
	rec->stuck = true;
}

/*
 * Whether the reboot was ordered is in the part of the journal that has not arrived yet: see
 * run_recovery_tell_apart(). Our clock measures how long the board was gone, because without
 * an RTC the board's clock may start at any time.
 */
void run_recovery_note_reboot(struct run_recovery *rec, const outpost_Welcome *welcome,
			      long long alive_ms)
{
	long long now_ms = run_now_ms(rec->q);

	proto_set(rec->reboot.boot_id, welcome->boot_id);
	if (rec->reboot.seen) /* the first reboot has not been explained yet */
		return;
	if (alive_ms)
		last_seen_set_return_ms(rec->q->board->name,
					now_ms - (rec->power_cycled ? rec->reset_ms : alive_ms));
	rec->reboot.seen = true;
	rec->reboot.has_down = alive_ms != 0;
	rec->reboot.down_ms = now_ms - welcome->uptime_s * 1000ll - alive_ms;
}

void run_recovery_adopt(struct run_recovery *rec)
{
	rec->reset_in_vain = run_journal_is_marked(rec->journal, MARK_RESET);
}

bool run_recovery_saw_reboot(const struct run_recovery *rec)
{
	return rec->reboot.seen;
}

void run_recovery_blame_end(struct run_recovery *rec)
{
	rec->reboot.after_end = true;
}

/* --- what happened to it ------------------------------------------------------------------ */

/*
 * Had the board gone silent when it was reset? Compares the reset, converted to the board's
 * clock by means of the last entry before the cut, with the last entry of all. A reset that
 * came too soon proves nothing.
 */
static bool was_silent(const struct run_recovery *rec)
{
	long long since_us = (rec->reset_ms - rec->cut_heard_ms) * 1000;

	return rec->cut_us && rec->cut_heard_ms && since_us > 0 &&
	       rec->cut_us + (uint64_t)since_us >
		       run_journal_evidence(rec->journal)->last_us + SILENT_US;
}

/*
 * The attempt that a reset concerns: according to the whole journal, the one running when the
 * board went down. It may be a later one than when the link was cut.
 */
static const struct evidence *find_concerned(const struct run_recovery *rec)
{
	return rec->reboot.seen ? evidence_last(run_journal_evidence(rec->journal)) : rec->cut_in;
}

/*
 * The attempt's boot has ended, nobody is known to have ordered that, and it was not recorded
 * yet.
 */
static bool has_gone_down(const struct run_recovery *rec, const struct evidence *e, bool ended)
{
	return rec->reboot.seen && (!ended || rec->reboot.after_end) && !e->board.reboot_ordered &&
	       !evidence_rebooted(e) && !e->host.cut_off && !e->host.unreachable &&
	       strcmp(e->board.boot_id, rec->reboot.boot_id) != 0;
}

static void tell(struct run_recovery *rec, const struct evidence *e, bool ended)
{
	outpost_Entry entry = { .which_body = outpost_Entry_recovery_tag };
	outpost_Recovery *what = &entry.body.recovery;

	what->index = e->plan.index;
	if (rec->tried) {
		proto_set(what->tried, rec->tried);
		what->power_cycled = rec->power_cycled;
		what->cut_off = rec->power_cycled && !rec->stuck &&
				(ended || (rec->reboot.seen && !was_silent(rec)));
	}
	if (has_gone_down(rec, e, ended) && !what->cut_off) {
		what->unreachable = rec->reset_in_vain;
		what->rebooted = !rec->reset_in_vain;
		what->has_down = rec->reboot.has_down;
		what->down_ms = rec->reboot.down_ms;
	}
	if (what->unreachable) /* by us: whether it had hung is unknown */
		proto_set(what->tried, "it was reset, and nobody saw it come back");
	if (*what->tried || what->rebooted)
		run_journal_note(rec->journal, &entry);
}

static void start_afresh(struct run_recovery *rec)
{
	free(TAKE_PTR(rec->tried));
	rec->reboot = (struct reboot){ 0 };
	rec->stuck = rec->power_cycled = rec->reset_in_vain = false;
}

void run_recovery_tell_apart(struct run_recovery *rec, bool ended, bool lost)
{
	const struct evidence *e;

	if (lost)
		rec->reboot.seen = false; /* whether it was ordered is unknown */
	e = find_concerned(rec);
	if (e)
		tell(rec, e, ended);
	if (!lost)
		run_journal_unmark(rec->journal, MARK_RESET);
	start_afresh(rec);
}

void run_recovery_forget(struct run_recovery *rec)
{
	rec->cut_in = NULL;
	run_journal_unmark(rec->journal, MARK_RESET);
	start_afresh(rec);
}
