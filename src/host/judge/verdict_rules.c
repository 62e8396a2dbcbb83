// SPDX-License-Identifier: GPL-2.0-only
/* The rules, the strongest first. The first rule that applies decides. */
#include "host/judge/verdict_internal.h"

#include "common/cleanup.h"

#include <stdarg.h>

/* Formats one line, whatever the board or the kernel sent. */
static char *format_line(const char *fmt, va_list ap)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_vaddf(&sb, fmt, ap);
	for (size_t i = 0; i < sb.len; i++)
		if (sb.buf[i] == '\n')
			sb.buf[i] = ' ';
	return strbuf_detach(&sb);
}

bool decide(struct judge *j, enum verdict verdict, const char *phase, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	summary_release(&j->out->summary);
	j->out->summary.what = format_line(fmt, ap);
	va_end(ap);
	j->out->verdict = verdict;
	j->out->phase = phase;
	return true;
}

bool decide_while(struct judge *j, enum verdict verdict, outpost_Step step, const char *what)
{
	decide(j, verdict, step_phase(step), "%s", what);
	j->out->summary.doing = step_doing(step);
	return true;
}

bool add_outcome(struct judge *j, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	free(j->out->summary.outcome);
	j->out->summary.outcome = format_line(fmt, ap);
	va_end(ap);
	return true;
}

bool judge_tests(const struct judge *j)
{
	return j->e->purpose == outpost_Purpose_TEST;
}

bool judge_unloads(const struct judge *j)
{
	return j->e->purpose != outpost_Purpose_LOAD;
}

bool judge_loads(const struct judge *j)
{
	return j->e->purpose != outpost_Purpose_UNLOAD;
}

/* The end of the step if it failed; NULL otherwise. */
const outpost_StepEnd *failed_end(const struct judge *j, outpost_Step step)
{
	const struct evidence_step *s = &j->e->trial.steps[step];

	return s->ended && proto_step_failed(&s->end) ? &s->end : NULL;
}

static const struct {
	enum mechanism mechanism;
	bool (*speaks)(struct judge *j);
} rules[] = {
	{ MECHANISM_PLAN, rule_plan },
	{ MECHANISM_REPORT, rule_fatal_report },
	{ MECHANISM_LIMIT, rule_stuck },
	{ MECHANISM_WATCHDOG, rule_watchdog },
	{ MECHANISM_BOOT, rule_boot },
	{ MECHANISM_UNREACHABLE, rule_unreachable },
	{ MECHANISM_REPORT, rule_own_report },
	{ MECHANISM_CANCEL, rule_cancel },
	{ MECHANISM_PREPARE, rule_prepare },
	{ MECHANISM_RUN, rule_run },
	{ MECHANISM_LIMIT, rule_late },
	{ MECHANISM_RESULT, rule_result },
	{ MECHANISM_EXIT, rule_exit },
	{ MECHANISM_KTAP, rule_ktap },
	{ MECHANISM_LOG, rule_log },
	{ MECHANISM_GONE, rule_refused },
	{ MECHANISM_GONE, rule_gone },
	{ MECHANISM_GONE, rule_retry },
	{ MECHANISM_LEFT, rule_left },
	{ MECHANISM_TAINT, rule_taint },
	{ MECHANISM_UNREACHABLE, rule_silence },
	{ MECHANISM_OWNER, rule_other_report },
	{ MECHANISM_LOST, rule_lost },
	{ MECHANISM_LOST, rule_output },
	{ MECHANISM_TAINT, rule_taint_alone },
	{ MECHANISM_COUNTS, rule_counts },
	{ MECHANISM_EVIDENCE, rule_evidence },
};

void judge_apply_rules(struct judge *j)
{
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		if (!judge_has(j, rules[i].mechanism) || !rules[i].speaks(j))
			continue;
		if (j->out->verdict != VERDICT_SKIP)
			j->out->rule = mechanism_name(rules[i].mechanism);
		return;
	}
}
