// SPDX-License-Identifier: GPL-2.0-only
/* Reads the document "outpost.test/1". */
#include "common/alloc.h"
#include "common/strv.h"
#include "host/report/out.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The string of this key, or "". */
static const char *get_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static char *copy_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? xstrdup(text) : NULL;
}

static long long get_number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static int get_line(const json_t *object)
{
	long long line = get_number(object, "line");

	return line > 0 && line < INT_MAX ? (int)line : 0;
}

static void read_frame(const json_t *object, struct klog_frame *frame, struct frame_source *source)
{
	const json_t *inlined = json_object_get(object, "inlined");
	const char *file = json_string_value(json_object_get(object, "file"));

	snprintf(frame->function, sizeof(frame->function), "%s", get_text(object, "function"));
	snprintf(frame->module, sizeof(frame->module), "%s", get_text(object, "module"));
	frame->offset = (uint32_t)strtoul(get_text(object, "offset"), NULL, 16);
	for (size_t i = 0; i < json_array_size(inlined); i++) {
		const json_t *site = json_array_get(inlined, i);

		frame_source_add(source, get_text(site, "function"),
				 json_string_value(json_object_get(site, "file")), get_line(site));
	}
	if (file || source->n)
		frame_source_add(source, frame->function, file, get_line(object));
	source->why = copy_text(object, "unresolved");
}

static char **read_texts(const json_t *array)
{
	char **texts = NULL;

	for (size_t i = 0; i < json_array_size(array); i++) {
		const char *text = json_string_value(json_array_get(array, i));

		strv_add(&texts, text ? text : "");
	}
	return texts;
}

static void read_site(const json_t *object, struct site *site)
{
	if (object)
		*site = (struct site){ xstrdup(get_text(object, "function")),
				       copy_text(object, "file"), get_line(object) };
}

static void read_source(const json_t *object, struct report_source *source)
{
	const json_t *at = json_object_get(object, "at"),
		     *lines = json_object_get(object, "source");

	if (at) {
		read_site(at, &source->at);
		source->frame = (size_t)get_number(at, "frame");
	}
	source->lines = read_texts(json_object_get(lines, "lines"));
	source->first = (int)get_number(lines, "first");
	source->note = copy_text(object, "note");
	source->registers = read_texts(json_object_get(object, "registers"));
}

static enum klog_kind find_kind(const char *name)
{
	for (int kind = KLOG_NONE + 1; kind < KLOG_N_KINDS; kind++)
		if (strcmp(klog_kind_name(kind), name) == 0)
			return kind;
	return KLOG_NONE;
}

static void read_report(const json_t *object, struct result *result, size_t i)
{
	struct klog_report *report = &result->reports[i];
	const json_t *trace = json_object_get(object, "trace");

	report->kind = find_kind(get_text(object, "kind"));
	snprintf(report->title, sizeof(report->title), "%s", get_text(object, "title"));
	snprintf(report->function, sizeof(report->function), "%s", get_text(object, "function"));
	snprintf(report->module, sizeof(report->module), "%s", get_text(object, "module"));
	report->fatal = json_is_true(json_object_get(object, "fatal"));
	while (report->n < json_array_size(trace) && report->n < KLOG_MAX_FRAMES) {
		read_frame(json_array_get(trace, report->n), &report->trace[report->n],
			   &result_source(result, i)->frames[report->n]);
		report->n++;
	}
	read_source(object, result_source(result, i));
}

static void read_ktap(const json_t *ktap, struct result *result)
{
	const json_t *failed = json_object_get(ktap, "failed");

	result->ktap_pass = (unsigned int)get_number(ktap, "pass");
	result->ktap_fail = (unsigned int)get_number(ktap, "fail");
	result->ktap_skip = (unsigned int)get_number(ktap, "skip");
	for (size_t i = 0; i < json_array_size(failed); i++) {
		const char *name = json_string_value(json_array_get(failed, i));

		strv_add(&result->ktap_failed, name ? name : "");
	}
}

static void read_timings(const json_t *timings, struct result *result)
{
	for (int t = 0; t < TIMING_COUNT; t++) {
		const json_t *ms = json_object_get(timings, timing_name(t));

		if (ms)
			result->timings_ms[t] = (int)json_integer_value(ms);
	}
}

/* Documents of older versions have only the summary. */
static void read_summary(const json_t *object, struct result *result)
{
	const json_t *parts = json_object_get(object, "summary_parts");
	const json_t *where = json_object_get(parts, "where");
	const json_t *report = json_object_get(parts, "report");
	struct summary *f = &result->summary;

	f->what = xstrdup(parts ? get_text(parts, "what") : get_text(object, "summary"));
	f->where = (struct site){ copy_text(where, "function"), copy_text(where, "file"),
				  get_line(where) };
	f->module = copy_text(where, "module");
	f->unloaded = json_is_true(json_object_get(where, "unloaded"));
	read_site(json_object_get(parts, "from"), &f->from);
	f->doing = json_string_value(json_object_get(json_object_get(parts, "while"), "doing"));
	f->outcome = copy_text(parts, "outcome");
	f->remarks = read_texts(json_object_get(parts, "remarks"));
	if (report && json_integer_value(report) >= 0 &&
	    json_integer_value(report) < (json_int_t)result->n_reports)
		f->report = (int)json_integer_value(report);
}

static int read_result(const json_t *object, struct run_result *run)
{
	const json_t *reports = json_object_get(object, "reports");
	int verdict = verdict_from_name(get_text(object, "verdict"));
	struct result result;

	if (verdict < 0 || !json_is_string(json_object_get(object, "module")))
		return -EBADMSG;
	result_init(&result);
	result.module = copy_text(object, "module");
	result.verdict = verdict;
	result.phase = get_text(object, "phase");
	result.rule = get_text(object, "rule");
	result.duration_ms = (int)get_number(object, "duration_ms");
	read_timings(json_object_get(object, "timings_ms"), &result);
	read_ktap(json_object_get(object, "ktap"), &result);
	result.n_reports = json_array_size(reports);
	result.reports = xcalloc(result.n_reports, sizeof(*result.reports));
	read_summary(object, &result);
	for (size_t i = 0; i < result.n_reports; i++)
		read_report(json_array_get(reports, i), &result, i);
	result.log_records = (size_t)get_number(object, "log_records");
	result.log_lost = (uint64_t)get_number(object, "log_lost");
	result.log = copy_text(object, "log");
	result.output = copy_text(object, "output");
	result.recovery = copy_text(object, "recovery");
	run_result_add(run, &result);
	return 0;
}

static long long read_time(const char *text)
{
	struct tm tm = { 0 };

	return strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm) ? (long long)timegm(&tm) : 0;
}

int out_test_from_json(json_t *document, struct run_result *run)
{
	const json_t *results = json_object_get(document, "results");

	*run = (struct run_result){ 0 };
	if (strcmp(get_text(document, "schema"), "outpost.test/1") != 0 || !json_is_array(results))
		return -EBADMSG;
	run->run = xstrdup(get_text(document, "run"));
	run->board = xstrdup(get_text(document, "board"));
	run->kernel = xstrdup(get_text(document, "kernel"));
	run->boot_id = xstrdup(get_text(document, "boot_id"));
	run->started_s = read_time(get_text(document, "started"));
	run->duration_ms = (int)get_number(document, "duration_ms");
	run->cancelled = json_is_true(json_object_get(document, "cancelled"));
	run->document = json_incref(document);
	for (size_t i = 0; i < json_array_size(results); i++)
		if (read_result(json_array_get(results, i), run) < 0)
			return -EBADMSG;
	return 0;
}
