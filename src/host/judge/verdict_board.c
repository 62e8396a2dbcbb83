// SPDX-License-Identifier: GPL-2.0-only
/* Rules about the board and the run: what it complained of, whether it went on, what hindered it.
 */
#include "host/judge/verdict_internal.h"

#include <inttypes.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/alloc.h"

bool rule_plan(struct judge *j)
{
	const struct evidence *e = j->e;

	if (*e->plan.skip)
		return decide(j, VERDICT_SKIP, "load", "%s", e->plan.skip);
	return e->ended && e->end.not_run && !failed_end(j, outpost_Step_PREPARE) &&
	       decide(j, VERDICT_SKIP, "load", "not run: %s", e->end.why);
}

/* What became of the board: how it came back says nothing about the cause. */
static char *aftermath(const struct evidence *e, bool fatal)
{
	const char *tried = e->host.tried ? e->host.tried : "";

	if (evidence_unreachable(e))
		return xasprintf("; the board did not come back%s%s", *tried ? ": " : "", tried);
	if (e->host.power_cycled)
		return xasprintf("; the board did not come back by itself: %s", tried);
	if (evidence_rebooted(e))
		return xstrdup("; the board died and came back");
	if (fatal && e->reboot_ordered)
		return xstrdup("; the board limped on and was rebooted");
	return xstrdup(fatal && e->ended ? "; the board limps on" : "");
}

/* "WARNING: CPU: 0 PID: 12 at /long/path/x.c:8 f+0x1/0x2": who, where and when are said better. */
char *short_title(const struct klog_report *report)
{
	const char *at = strstr(report->title, " at "), *end, *slash;

	if (report->kind != KLOG_WARNING || strncmp(report->title, "WARNING: ", 9) != 0 || !at)
		return xstrdup(report->title);
	at += 4;
	end = at + strcspn(at, " ");
	if (!memchr(at, ':', (size_t)(end - at)))
		return xstrdup(report->title);
	slash = memrchr(at, '/', (size_t)(end - at));
	at = slash ? slash + 1 : at;
	return xasprintf("WARNING at %.*s", (int)(end - at), at);
}

/* The first step that could not be ended; what came after it was beside it. */
static const outpost_StepEnd *stuck_end(const struct judge *j)
{
	for (outpost_Step step = outpost_Step_PREPARE; step <= outpost_Step_RESTORE; step++) {
		const outpost_StepEnd *end = failed_end(j, step);

		if (end && end->stuck)
			return end;
	}
	return NULL;
}

static bool decide_report(struct judge *j, size_t i, enum verdict verdict)
{
	const struct klog_report *report = &j->reports[i];
	const outpost_StepEnd *stuck = stuck_end(j);
	outpost_Step step = step_of_line(j, report->start);
	_cleanup_free_ char *where = NULL;
	_cleanup_free_ char *title = short_title(report);
	_cleanup_free_ char *after = aftermath(j->e, report->fatal);
	bool said = *report->function && strstr(title, report->function);

	if (stuck && stuck->step < step)
		step = stuck->step;
	where = xasprintf("%s%s%s%s%s", said || !*report->function ? "" : " in ",
			  said ? "" : report->function, *report->module ? " [" : "", report->module,
			  *report->module ? "]" : "");
	return decide(j, verdict, phase_name(step), "%s%s while %s %s%s", title, where, doing(step),
		      j->e->plan.name, after);
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

bool rule_stuck(struct judge *j)
{
	const outpost_StepEnd *end = stuck_end(j);

	return end &&
	       decide(j, VERDICT_HANG, phase_name(end->step),
		      "%s %s went past its time limit and cannot be ended, not even by SIGKILL",
		      doing(end->step), j->e->plan.name);
}

/*
 * A reset that the kernel had no time to announce comes at once when something
 * restarts the board, and after the time-out when the watchdog does.
 */
bool rule_watchdog(struct judge *j)
{
	const struct evidence *e = j->e;
	outpost_Step step = last_step(e);
	int64_t down_ms;

	if (!evidence_rebooted(e))
		return false;
	if (e->host.power_cycled)
		return decide(j, VERDICT_HANG, phase_name(step),
			      "the board stopped while %s %s and did not come back by itself: %s",
			      doing(step), e->plan.name, e->host.tried ? e->host.tried : "");
	if (!e->watchdog_s || !evidence_down_ms(e, &down_ms) ||
	    down_ms < (int64_t)e->watchdog_s * 500)
		return false;
	return decide(j, VERDICT_HANG, phase_name(step),
		      "the board stopped while %s %s, and its watchdog (%" PRIu32
		      " s) reset it without any report",
		      doing(step), e->plan.name, e->watchdog_s);
}

static bool boots_differ(const struct evidence *e)
{
	return (e->has_before && strcmp(e->before.boot_id, e->boot_id) != 0) ||
	       (e->has_after && strcmp(e->after.boot_id, e->boot_id) != 0);
}

static bool nonces_differ(const struct evidence *e)
{
	return e->restored || (e->has_before && strcmp(e->before.nonce, e->nonce) != 0) ||
	       (e->has_after && strcmp(e->after.nonce, e->nonce) != 0);
}

bool rule_boot(struct judge *j)
{
	const struct evidence *e = j->e;
	outpost_Step step = last_step(e);

	if (!judge_has(j, MECHANISM_SETTLE) && step >= outpost_Step_SETTLE)
		return false;
	if (evidence_rebooted(e) || boots_differ(e))
		return decide(j, VERDICT_CRASH, phase_name(step),
			      "the board rebooted by itself while %s %s, without any report",
			      doing(step), e->plan.name);
	if (nonces_differ(e))
		return decide(j, VERDICT_INCONCLUSIVE, phase_name(step),
			      "the board was set back to an earlier state while %s %s", doing(step),
			      e->plan.name);
	return false;
}

bool rule_unreachable(struct judge *j)
{
	const struct evidence *e = j->e;
	outpost_Step step = last_step(e);

	if (e->ended && e->has_after)
		return false;
	if (e->host.cut_off)
		return decide(j, VERDICT_LOST, phase_name(step),
			      "nothing shows that the board hung, but the link to it had died "
			      "while %s %s: %s",
			      doing(step), e->plan.name, e->host.tried);
	return evidence_unreachable(e) &&
	       decide(j, VERDICT_LOST, phase_name(step),
		      "the board could not be reached again in its time%s%s; last seen while %s %s",
		      e->host.tried ? ": " : "", e->host.tried ? e->host.tried : "", doing(step),
		      e->plan.name);
}

/* It was through, but nobody has seen the board alive since: what it left behind may have killed
 * it. */
bool rule_silence(struct judge *j)
{
	const struct evidence *e = j->e;

	if (e->host.cut_off)
		return decide(j, VERDICT_LOST, "settle",
			      "the board went on, but the link to it had died: %s", e->host.tried);
	return evidence_unreachable(e) && decide(j, VERDICT_LOST, "settle",
						 "the board could not be reached again in its "
						 "time; last seen after %s was through",
						 e->plan.name);
}

bool rule_own_report(struct judge *j)
{
	for (size_t i = 0; i < j->n_reports; i++)
		if (j->ours[i])
			return decide_report(
				j, i, report_is_hang(&j->reports[i]) ? VERDICT_HANG : VERDICT_FAIL);
	return false;
}

bool rule_cancel(struct judge *j)
{
	const struct evidence *e = j->e;
	bool cancelled = e->cancelled || e->host.cancelled, cut = !e->ended;

	/* One that was through before the user cancelled keeps its result. */
	for (outpost_Step step = outpost_Step_PREPARE; step <= outpost_Step_RESTORE; step++) {
		const outpost_StepEnd *end = failed_end(j, step);

		cut |= end != NULL;
		cancelled |= end && end->cancelled; /* the end of the run may have been lost */
	}
	return cancelled && (cut || missing_evidence(j)) &&
	       decide(j, VERDICT_SKIP, phase_name(last_step(e)),
		      "interrupted before it was through");
}

bool rule_prepare(struct judge *j)
{
	const struct evidence *e = j->e;
	const outpost_StepEnd *end = failed_end(j, outpost_Step_PREPARE);

	if (end)
		return decide(j, VERDICT_ERROR, "load", "what %s needs could not be loaded: %s%s%s",
			      e->plan.name, end->detail, *end->detail && end->error ? ": " : "",
			      end->error ? strerror(end->error) : "");
	return false;
}

bool rule_run(struct judge *j)
{
	return *j->e->what && missing_evidence(j) &&
	       decide(j, VERDICT_ERROR, phase_name(last_step(j->e)), "the run could not go on: %s",
		      j->e->what);
}
