// SPDX-License-Identifier: GPL-2.0-only
/* Rules about reports of the kernel. */
#include "host/judge/verdict_internal.h"

#include "common/alloc.h"
#include "common/cleanup.h"

#include <stdlib.h>

/* Adds what happened to the board afterwards; this says nothing about the cause. */
static void add_aftermath(struct judge *j, bool fatal)
{
	const struct evidence *e = j->e;
	const char *tried = e->host.tried ? e->host.tried : "";

	if (evidence_unreachable(e))
		add_outcome(j, "the board did not come back%s%s", *tried ? ": " : "", tried);
	else if (e->host.power_cycled)
		add_outcome(j, "the board did not come back by itself: %s", tried);
	else if (evidence_rebooted(e))
		add_outcome(j, "the board died and came back");
	else if (fatal && e->board.reboot_ordered)
		add_outcome(j, "the board limped on and was rebooted");
	else if (fatal && e->trial.ended)
		add_outcome(j, "the board limps on");
}

static bool decide_report(struct judge *j, size_t i, enum verdict verdict)
{
	const struct klog_report *report = &j->reports[i];
	const outpost_StepEnd *stuck = stuck_end(j);
	outpost_Step step = step_of_line(j, report->start);

	if (stuck && stuck->step < step)
		step = stuck->step;
	decide_while(j, verdict, step, "");
	summary_set_report(&j->out->summary, report);
	j->out->summary.report = (int)i;
	add_aftermath(j, report->fatal);
	return true;
}

bool rule_fatal_report(struct judge *j)
{
	for (size_t i = 0; i < j->n_reports; i++)
		if (j->reports[i].fatal)
			return decide_report(j, i,
					     report_is_hang(&j->reports[i]) ? VERDICT_HANG
									    : VERDICT_CRASH);
	return false;
}

bool rule_own_report(struct judge *j)
{
	for (size_t i = 0; i < j->n_reports; i++)
		if (j->ours[i])
			return decide_report(
				j, i, report_is_hang(&j->reports[i]) ? VERDICT_HANG : VERDICT_FAIL);
	return false;
}

bool rule_other_report(struct judge *j)
{
	struct summary *summary = &j->out->summary;
	_cleanup_free_ char *what = NULL;

	if (!j->n_reports)
		return false;
	decide(j, VERDICT_INCONCLUSIVE, step_phase(step_of_line(j, j->reports->start)), "%s", "");
	summary_set_report(summary, j->reports);
	summary->report = 0;
	what = summary->what;
	summary->what = xasprintf("report from another part of the kernel: %s", what);
	return true;
}
