// SPDX-License-Identifier: GPL-2.0-only
/* A run that another host process started, and did not see the end of. */
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
	const struct evidence_list *list = &run->list;
	struct adopted *a = run->adopted;
	size_t n = list->n_modules;

	if (a->list.n)
		return true;
	if (!n)
		return false;
	run->plan = (struct plan){
		.modules = xcalloc(n, sizeof(*run->plan.modules)),
		.index = xcalloc(n, sizeof(*run->plan.index)),
		.why = xcalloc(n, sizeof(*run->plan.why)),
		.n = n,
		.n_asked = n,
	};
	for (size_t i = 0; i < n; i++) {
		struct module *m = module_new(list->modules[i].name);

		run->plan.modules[i] = list->modules[i];
		run->plan.index[i] = (int)i;
		m->build_ms = -1;
		module_list_add(&a->list, m);
	}
	a->q.purpose = list->plan.purpose;
	a->q.no_reboot = list->plan.no_reboot;
	return true;
}

int run_collect(const struct run_request *q, const char *id, struct session **session,
		struct run_result *out)
{
	_cleanup_(adopted_release) struct adopted adopted = { .q = *q };
	_cleanup_(run_release) struct run run;
	const outpost_Welcome *welcome;
	int r;

	*out = (struct run_result){ 0 };
	adopted.q.modules = &adopted.list;
	run_begin(&run, &adopted.q, session);
	run.id = xstrdup(id);
	run.adopted = &adopted;
	r = run_journal_open(&run);
	if (r == JOURNAL_FOLLOWED)
		return OUTCOME_FOLLOWED;
	if (r == 0 && !*session)
		r = session_open(q->board, NULL, session);
	run.given_up = r == 0 && run_was_cancelled(&run);
	run.reset_in_vain = r == 0 && run_was_reset(&run);
	if (r == 0)
		r = run_send_attach(&run);
	if (r == 0 && run.given_up) /* it may never have heard of it */
		r = run_send_cancel(&run);
	if (r == 0)
		r = session_welcome(*session, &welcome);
	if (r < 0)
		return r == -EINTR ? OUTCOME_INTERRUPTED : r;
	if (run.list.has_boot)
		run.began_s = (long long)run.list.boot.wall_s;
	proto_set(run.boot_id, run.list.boot.boot_id);
	proto_set(run.first_boot, run.list.boot.boot_id);
	run_greet(&run, welcome);
	return run_carry_out(&run, out);
}
