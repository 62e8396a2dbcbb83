// SPDX-License-Identifier: GPL-2.0-only
/* Collects a run that another host process started and did not see the end of. */
#include "host/run/internal.h"

#include "common/alloc.h"
#include "common/cleanup.h"

#include <errno.h>
#include <string.h>

struct adopted {
	struct module_list list;
	struct run_request q;
};

static void adopted_release(struct adopted *a)
{
	module_list_release(&a->list);
}

bool run_adopt_plan(struct run *run)
{
	const struct evidence_list *list = run_evidence(run);
	struct adopted *a = run->adopted;

	if (a->list.n)
		return true;
	if (!list->n_modules)
		return false;
	plan_adopt(&run->plan, list);
	for (size_t i = 0; i < run->plan.n; i++) {
		struct module *m = module_new(run->plan.modules[i].name);

		m->build_ms = -1;
		module_list_add(&a->list, m);
	}
	a->q.purpose = list->plan.purpose;
	a->q.no_reboot = list->plan.no_reboot;
	return true;
}

static int attach(struct run *run)
{
	const outpost_Welcome *welcome;
	int r = run_link_open(run->link);

	if (r < 0)
		return r;
	r = run_send_attach(run->journal, run_link_session(run->link));
	if (r == 0 && run_wait_is_unwanted(run->wait)) /* the board may not know of it */
		r = run_send_cancel(run);
	if (r == 0)
		r = session_welcome(run_link_session(run->link), &welcome);
	if (r < 0)
		return r;
	run_standing_attach(run->standing);
	run_link_expect_boot(run->link, run_evidence(run)->boot.boot_id);
	run_greet(run, welcome);
	return 0;
}

int run_collect(const struct run_request *q, const char *id, struct session **session,
		struct run_result *out)
{
	_cleanup_(adopted_release) struct adopted adopted = { .q = *q };
	_cleanup_(run_release) struct run run;
	int r;

	*out = (struct run_result){ 0 };
	adopted.q.modules = &adopted.list;
	run_begin(&run, &adopted.q, session, id, NULL);
	run.adopted = &adopted;
	r = run_journal_open(run.journal);
	if (r == JOURNAL_FOLLOWED)
		return OUTCOME_FOLLOWED;
	if (r < 0)
		return run_journal_is_damaged(run.journal) ? OUTCOME_DAMAGED : r;
	if (run_journal_is_marked(run.journal, MARK_CANCELLED))
		run_wait_give_up(run.wait);
	run_recovery_adopt(run.recovery);
	if (run_evidence(&run)->has_boot)
		run.began_s = (long long)run_evidence(&run)->boot.wall_s;
	r = attach(&run);
	if (r < 0)
		return r == -EINTR ? OUTCOME_INTERRUPTED : r;
	r = run_carry_out(&run, out);
	if (!run_journal_is_damaged(run.journal))
		return r;
	/* More of its entries may be under way; the next run would take them for its own. */
	if (*session)
		session_close(TAKE_PTR(*session));
	return r < 0 ? OUTCOME_DAMAGED : r;
}
