// SPDX-License-Identifier: GPL-2.0-only
#include "host/judge/result.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/strv.h"
#include "host/base/exit_status.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

static const char *const verdict_names[VERDICT_COUNT] = {
	[VERDICT_PASS] = "pass", [VERDICT_FAIL] = "fail",   [VERDICT_CRASH] = "crash",
	[VERDICT_HANG] = "hang", [VERDICT_LOST] = "lost",   [VERDICT_INCONCLUSIVE] = "inconclusive",
	[VERDICT_SKIP] = "skip", [VERDICT_ERROR] = "error",
};

static const char *const timing_names[TIMING_COUNT] = {
	[TIMING_BUILD] = "build",   [TIMING_CHECK] = "check", [TIMING_DEPLOY] = "deploy",
	[TIMING_LOAD] = "load",     [TIMING_TEST] = "test",   [TIMING_UNLOAD] = "unload",
	[TIMING_SETTLE] = "settle",
};

const char *verdict_name(enum verdict verdict)
{
	return verdict_names[verdict];
}

int verdict_from_name(const char *name)
{
	for (int v = 0; v < VERDICT_COUNT; v++)
		if (strcmp(verdict_names[v], name) == 0)
			return v;
	return -EINVAL;
}

int verdict_exit_status(const unsigned int counts[VERDICT_COUNT])
{
	if (counts[VERDICT_CRASH] || counts[VERDICT_HANG])
		return STATUS_CRASH;
	if (counts[VERDICT_LOST] || counts[VERDICT_ERROR])
		return STATUS_TROUBLE;
	if (counts[VERDICT_FAIL] || counts[VERDICT_INCONCLUSIVE])
		return STATUS_FAIL;
	return counts[VERDICT_PASS] ? STATUS_OK : STATUS_TROUBLE;
}

const char *timing_name(enum timing timing)
{
	return timing_names[timing];
}

void result_init(struct result *result)
{
	*result = (struct result){ .phase = "", .rule = "", .summary = SUMMARY_INIT };
	for (int t = 0; t < TIMING_COUNT; t++)
		result->timings_ms[t] = -1;
}

void result_release(struct result *result)
{
	free(result->module);
	summary_release(&result->summary);
	strv_free(result->ktap_failed);
	for (size_t i = 0; result->sources && i < result->n_reports; i++)
		report_source_release(&result->sources[i]);
	free(result->sources);
	free(result->reports);
	free(result->log);
	free(result->output);
	free(result->recovery);
}

char *result_summary(const struct result *result)
{
	struct strbuf sb = STRBUF_INIT;

	summary_add_text(&result->summary, result->module ? result->module : "", &sb);
	return strbuf_detach(&sb);
}

struct report_source *result_source(struct result *result, size_t report)
{
	if (!result->sources)
		result->sources = xcalloc(result->n_reports, sizeof(*result->sources));
	return &result->sources[report];
}

void run_result_add(struct run_result *run, const struct result *result)
{
	GROW(run->results, run->n);
	run->results[run->n++] = *result;
	run->counts[result->verdict]++;
}

void run_result_release(struct run_result *run)
{
	for (size_t i = 0; i < run->n; i++)
		result_release(&run->results[i]);
	free(run->results);
	free(run->run);
	free(run->board);
	free(run->kernel);
	free(run->boot_id);
	json_decref(run->document);
	*run = (struct run_result){ 0 };
}
