/* SPDX-License-Identifier: GPL-2.0-only */
/* A run with results of all kinds, for tests of code that shows or stores results. */
#ifndef SAMPLE_RUN_H
#define SAMPLE_RUN_H

#include "common/alloc.h"
#include "common/strv.h"
#include "host/judge/result.h"

#include <stdio.h>

static struct result sample_result(const char *module, enum verdict verdict, const char *summary)
{
	struct result r;

	result_init(&r);
	r.module = xstrdup(module);
	r.verdict = verdict;
	r.summary.what = xstrdup(summary);
	r.phase = "unload";
	r.duration_ms = 1234;
	return r;
}

static void sample_times(struct result *r, int load, int test, int unload)
{
	r->timings_ms[TIMING_BUILD] = 840;
	r->timings_ms[TIMING_LOAD] = load;
	r->timings_ms[TIMING_TEST] = test;
	r->timings_ms[TIMING_UNLOAD] = unload;
}

static void sample_add_pass(struct run_result *run, const char *module)
{
	struct result r = sample_result(module, VERDICT_PASS, "3 tests passed");

	sample_times(&r, 12, -1, 8);
	r.ktap_pass = 3;
	r.ktap_skip = 1;
	r.log_records = 5;
	run_result_add(run, &r);
}

static void sample_add_fail(struct run_result *run)
{
	struct result r = sample_result("chardev", VERDICT_FAIL, "2 of 6 tests failed");

	sample_times(&r, 10, 1260, 3);
	r.phase = "test";
	r.rule = "ktap-failed";
	r.ktap_pass = 4;
	r.ktap_fail = 2;
	strv_add(&r.ktap_failed, "ioctl rejects a size that is not ours");
	strv_add(&r.ktap_failed, "read\033[31m after close");
	r.output =
		xstrdup("TAP version 13\nok 1 - open\n# expected 5 & < 6, got \"4\" \xff\033[2J\n"
			"not ok 2 - read after close\n");
	r.log = xstrdup("/home/me/.local/state/outpost/runs/20260102-150405-1a2b3c/chardev.log");
	run_result_add(run, &r);
}

static void sample_add_crash(struct run_result *run)
{
	struct result r = sample_result("crash", VERDICT_CRASH, "NULL pointer dereference");
	struct klog_report *report;
	struct report_source *source;

	sample_times(&r, 71, -1, -1);
	r.phase = "load";
	r.rule = "report";
	site_set(&r.summary.where, "c_init", "src/crash.c", 5);
	r.summary.module = xstrdup("crash");
	site_set(&r.summary.from, "crash_set", "src/crash.h", 12);
	r.summary.unloaded = true;
	r.summary.doing = "loading";
	r.summary.outcome = xstrdup("the board died and came back");
	strv_add(&r.summary.remarks, "the second time");
	r.summary.report = 0;
	r.n_reports = 1;
	r.reports = report = xcalloc(1, sizeof(*report));
	report->kind = KLOG_OOPS;
	report->fatal = true;
	snprintf(report->title, sizeof(report->title), "%s",
		 "Unable to handle kernel NULL pointer dereference at virtual address "
		 "0000000000000000");
	snprintf(report->function, sizeof(report->function), "c_init");
	snprintf(report->module, sizeof(report->module), "crash");
	report->n = 2;
	report->trace[0] = (struct klog_frame){ "c_init.isra.0", "crash", 0x2c, 0x40 };
	report->trace[1] = (struct klog_frame){ "do_one_initcall", "", 0x50, 0x238 };
	source = result_source(&r, 0);
	frame_source_add(&source->frames[0], "crash_set", "crash.h", 12);
	frame_source_add(&source->frames[0], "c_init.isra.0", "crash.c", 5);
	source->at = (struct site){ xstrdup("crash_set"), xstrdup("crash.h"), 12 };
	source->first = 11;
	strv_add(&source->lines, "{");
	strv_add(&source->lines, "\t*to = value;");
	strv_add(&source->lines, "}\033[2J");
	strv_add(&source->registers, "pc : c_init.isra.0+0x2c/0x40 [crash]");
	source->frames[1].why = xstrdup("its file has no debug info");
	r.log = xstrdup("/home/me/.local/state/outpost/runs/20260102-150405-1a2b3c/crash.log");
	run_result_add(run, &r);
}

static void sample_begin(struct run_result *run, const char *id)
{
	*run = (struct run_result){ .run = xstrdup(id),
				    .board = xstrdup("vm"),
				    .kernel = xstrdup("6.1.0-50-arm64"),
				    .boot_id = xstrdup("6c1bbf5d-0000-4a6e-9d4f-1d0f5e3c2b1a"),
				    .started_s = 1767366245,
				    .duration_ms = 4210 };
}

/* Two results are pass; there is one of each other kind. */
static void sample_run(struct run_result *run, const char *id)
{
	struct result r;

	sample_begin(run, id);
	sample_add_pass(run, "hello");
	sample_add_pass(run, "a_module_with_a_name_as_long_as_the_kernel_lets_it_be_1");
	sample_add_fail(run);
	sample_add_crash(run);
	r = sample_result("sleepy", VERDICT_HANG,
			  "unload did not end within 10 s and cannot be ended");
	run_result_add(run, &r);
	r = sample_result("gone", VERDICT_LOST,
			  "the board could not be reached again within 120 s");
	run_result_add(run, &r);
	r = sample_result("noisy", VERDICT_INCONCLUSIVE, "412 log records were lost, twice");
	run_result_add(run, &r);
	r = sample_result("gpio", VERDICT_SKIP, "the board has no gpiochip1");
	run_result_add(run, &r);
	r = sample_result("broken", VERDICT_ERROR,
			  "it does not compile: broken.c:12: unknown type");
	run_result_add(run, &r);
}

#endif
