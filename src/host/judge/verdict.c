// SPDX-License-Identifier: GPL-2.0-only
#include "host/judge/verdict_internal.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/strv.h"

#include <string.h>

#define OUTPUT_KEPT 4096 /* a result keeps the last bytes of a test program's output */

_Static_assert(MECHANISM_COUNT <= 32, "mechanisms are bits of a uint32_t");

const char *mechanism_name(enum mechanism mechanism)
{
	static const char *const names[] = {
#define MECHANISM_NAME(id, name) name,
		MECHANISMS(MECHANISM_NAME)
#undef MECHANISM_NAME
	};

	return mechanism < MECHANISM_COUNT ? names[mechanism] : "";
}

bool report_is_hang(const struct klog_report *report)
{
	static const char *const detectors[] = { "softlockup",      "soft lockup", "hung_task",
						 "RCU Stall",       "hard LOCKUP", "Hard LOCKUP",
						 "workqueue lockup" };

	switch (report->kind) {
	case KLOG_RCU_STALL:
	case KLOG_SOFT_LOCKUP:
	case KLOG_HARD_LOCKUP:
	case KLOG_HUNG_TASK:
	case KLOG_WORKQUEUE_LOCKUP: return true;
	case KLOG_PANIC: /* may come from a detector whose own report is not in the log */
		for (size_t i = 0; i < ARRAY_SIZE(detectors); i++)
			if (strcasestr(report->title, detectors[i]))
				return true;
		return false;
	default: return false;
	}
}

static void fill_timing(struct result *out, enum timing timing, const struct evidence_step *step)
{
	if (step->ended)
		out->timings_ms[timing] = (int)(step->duration_us / 1000 % INT32_MAX);
}

static void fill_timings(struct result *out, const struct evidence *e)
{
	fill_timing(out, TIMING_LOAD, &e->trial.steps[outpost_Step_LOADING]);
	fill_timing(out, TIMING_TEST, &e->trial.steps[outpost_Step_TESTING]);
	fill_timing(out, TIMING_UNLOAD, &e->trial.steps[outpost_Step_UNLOADING]);
	fill_timing(out, TIMING_SETTLE, &e->trial.steps[outpost_Step_SETTLE]);
	if (e->trial.ended && e->trial.end_us > e->begin_us)
		out->duration_ms = (int)((e->trial.end_us - e->begin_us) / 1000 % INT32_MAX);
}

static void fill_ktap(struct judge *j, const struct ktap_result *r)
{
	struct result *out = j->out;

	if (!judge_has(j, MECHANISM_KTAP))
		return;
	out->ktap_pass += r->pass;
	out->ktap_fail += r->fail;
	out->ktap_skip += r->skip;
	for (unsigned int i = 0; i < r->n_failed; i++)
		strv_add(&out->ktap_failed, r->failed[i]);
}

static void fill_output(struct result *out, const struct strbuf *output)
{
	size_t from = output->len > OUTPUT_KEPT ? output->len - OUTPUT_KEPT : 0;

	if (output->len)
		out->output = xstrndup(output->buf + from, output->len - from);
}

/* Adds the reports that concern the module, and the others only if they decided the verdict. */
static void fill_reports(struct judge *j)
{
	bool all = j->out->rule == mechanism_name(MECHANISM_OWNER);
	int decided = j->out->summary.report;

	for (size_t i = 0; i < j->n_reports; i++) {
		if (!all && !j->ours[i] && !j->reports[i].fatal)
			continue;
		GROW(j->out->reports, j->out->n_reports);
		if ((int)i == decided)
			j->out->summary.report = (int)j->out->n_reports;
		j->out->reports[j->out->n_reports++] = j->reports[i];
	}
}

static void fill_pass(struct result *out, const struct evidence *e)
{
	_cleanup_(strbuf_release) struct strbuf sb = STRBUF_INIT;

	if (e->purpose == outpost_Purpose_LOAD)
		strbuf_adds(&sb, "loaded");
	else if (e->purpose == outpost_Purpose_UNLOAD)
		strbuf_adds(&sb, "unloaded");
	else if (out->ktap_pass)
		strbuf_addf(&sb, "%u test%s passed", out->ktap_pass,
			    out->ktap_pass == 1 ? "" : "s");
	else
		strbuf_adds(&sb, *e->plan.program_name ? "loaded, tested and unloaded"
						       : "loaded and unloaded");
	if (e->repeat > 1)
		strbuf_addf(&sb, " (%u repetitions)", e->repeat);
	out->summary.what = strbuf_detach(&sb);
	out->phase = e->purpose == outpost_Purpose_LOAD ? "load" : "unload";
}

void verdict_judge(const struct evidence *ev, uint32_t off, struct result *out)
{
	struct judge j = { .e = ev, .out = out, .off = off, .survived = STRBUF_INIT };

	result_init(out);
	out->module = xstrdup(ev->plan.name);
	fill_timings(out, ev);
	judge_read_log(&j);
	judge_apply_rules(&j);
	fill_ktap(&j, &j.log.result);
	fill_ktap(&j, &j.output.result);
	if (!out->summary.what)
		fill_pass(out, ev);
	fill_reports(&j);
	fill_output(out, &ev->trial.output);
	out->recovery = ev->host.tried ? xstrdup(ev->host.tried) : NULL;
	out->log_records = ev->log.n_records;
	out->log_lost = ev->log.lost;
	judge_release(&j);
}
