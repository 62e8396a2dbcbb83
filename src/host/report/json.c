// SPDX-License-Identifier: GPL-2.0-only
#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "common/strv.h"
#include "host/base/json_make.h"
#include "host/report/out.h"

#include <errno.h>
#include <stdio_ext.h>
#include <string.h>
#include <time.h>

#define SCHEMA "outpost.test/1"

/* For fields that are "" if not known. */
static json_t *name_json(const char *name)
{
	return text_json(name && *name ? name : NULL);
}

static json_t *time_json(long long seconds)
{
	char text[32];
	time_t t = (time_t)seconds;
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return json_string(text);
}

static json_t *counts_json(const unsigned int counts[VERDICT_COUNT])
{
	json_t *object = json_object();

	for (int v = 0; v < VERDICT_COUNT; v++)
		json_object_set_new(object, verdict_name(v), json_integer(counts[v]));
	return object;
}

static json_t *timings_json(const struct result *result)
{
	json_t *object = json_object();

	for (int t = 0; t < TIMING_COUNT; t++)
		if (result->timings_ms[t] >= 0)
			json_object_set_new(object, timing_name(t),
					    json_integer(result->timings_ms[t]));
	return object;
}

/* Adds "file" and "line" if known. */
static void set_place(json_t *object, const char *file, int line)
{
	if (file)
		json_object_set_new(object, "file", text_json(file));
	if (file && line)
		json_object_set_new(object, "line", json_integer(line));
}

static json_t *site_json(const struct site *site)
{
	json_t *object = object_json("{s:o}", "function", text_json(site->function));

	set_place(object, site->file, site->line);
	return object;
}

static json_t *inlined_json(const struct frame_source *source)
{
	json_t *inlined = json_array();

	for (size_t i = 0; i + 1 < source->n; i++)
		json_array_append_new(inlined, site_json(&source->sites[i]));
	return inlined;
}

json_t *out_frame_json(const struct klog_frame *frame, const struct frame_source *source)
{
	json_t *object = json_object();
	char offset[16];

	snprintf(offset, sizeof(offset), "0x%x", frame->offset);
	json_object_set_new(object, "function", text_json(frame->function));
	json_object_set_new(object, "offset", json_string(offset));
	json_object_set_new(object, "module", name_json(frame->module));
	if (source && source->n)
		set_place(object, source->sites[source->n - 1].file,
			  source->sites[source->n - 1].line);
	if (source && source->n > 1)
		json_object_set_new(object, "inlined", inlined_json(source));
	if (source && source->why)
		json_object_set_new(object, "unresolved", text_json(source->why));
	return object;
}

static json_t *texts_json(char *const *texts)
{
	json_t *array = json_array();

	strv_foreach (text, texts)
		json_array_append_new(array, text_json(*text));
	return array;
}

void out_set_source_json(json_t *report, const struct report_source *source)
{
	json_t *at;

	if (source->at.file) {
		at = site_json(&source->at);
		json_object_set_new(at, "frame", json_integer((json_int_t)source->frame));
		json_object_set_new(report, "at", at);
	}
	if (source->lines)
		json_object_set_new(report, "source",
				    object_json("{s:i, s:o}", "first", source->first, "lines",
						texts_json(source->lines)));
	if (source->note)
		json_object_set_new(report, "note", text_json(source->note));
	if (source->registers)
		json_object_set_new(report, "registers", texts_json(source->registers));
}

static json_t *report_json(const struct klog_report *report, const struct report_source *source)
{
	json_t *trace = json_array(), *object;

	for (size_t i = 0; i < report->n; i++)
		json_array_append_new(trace, out_frame_json(&report->trace[i],
							    source ? &source->frames[i] : NULL));
	object = object_json("{s:s, s:o, s:o, s:o, s:b, s:o}", "kind", klog_kind_name(report->kind),
			     "title", text_json(report->title), "function",
			     name_json(report->function), "module", name_json(report->module),
			     "fatal", report->fatal, "trace", trace);
	if (source)
		out_set_source_json(object, source);
	return object;
}

static json_t *reports_json(const struct result *r)
{
	json_t *reports = json_array();

	for (size_t i = 0; i < r->n_reports; i++)
		json_array_append_new(
			reports, report_json(&r->reports[i], r->sources ? &r->sources[i] : NULL));
	return reports;
}

static json_t *ktap_json(const struct result *result)
{
	json_t *failed = json_array();

	strv_foreach (name, result->ktap_failed)
		json_array_append_new(failed, text_json(*name));
	return object_json("{s:i, s:i, s:i, s:o}", "pass", result->ktap_pass, "fail",
			   result->ktap_fail, "skip", result->ktap_skip, "failed", failed);
}

/* The summary in parts; only the existing ones. */
static json_t *summary_json(const struct result *result)
{
	const struct summary *f = &result->summary;
	json_t *object = object_json("{s:o}", "what", text_json(f->what ? f->what : ""));
	json_t *where = json_object();

	if (f->where.function)
		json_object_set_new(where, "function", text_json(f->where.function));
	if (f->module)
		json_object_set_new(where, "module", text_json(f->module));
	set_place(where, f->where.file, f->where.line);
	if (f->unloaded)
		json_object_set_new(where, "unloaded", json_true());
	if (json_object_size(where))
		json_object_set(object, "where", where);
	json_decref(where);
	if (f->from.file)
		json_object_set_new(object, "from", site_json(&f->from));
	if (f->doing)
		json_object_set_new(object, "while",
				    object_json("{s:s, s:o}", "doing", f->doing, "module",
						text_json(result->module)));
	if (f->outcome)
		json_object_set_new(object, "outcome", text_json(f->outcome));
	if (f->remarks)
		json_object_set_new(object, "remarks", texts_json(f->remarks));
	if (f->report >= 0)
		json_object_set_new(object, "report", json_integer(f->report));
	return object;
}

static json_t *result_json(const struct result *result)
{
	_cleanup_free_ char *summary = result_summary(result);

	return object_json(
		"{s:o, s:s, s:o, s:o, s:o, s:o, s:i, s:o, s:o, s:o, s:I, s:I, s:o, s:o, s:o*}",
		"module", text_json(result->module ? result->module : ""), "verdict",
		verdict_name(result->verdict), "phase", name_json(result->phase), "rule",
		name_json(result->rule), "summary", text_json(summary), "summary_parts",
		summary_json(result), "duration_ms", result->duration_ms, "timings_ms",
		timings_json(result), "ktap", ktap_json(result), "reports", reports_json(result),
		"log_records", (json_int_t)result->log_records, "log_lost",
		(json_int_t)result->log_lost, "log", text_json(result->log), "output",
		text_json(result->output), "recovery",
		result->recovery ? text_json(result->recovery) : NULL);
}

json_t *out_test_json(const struct run_result *run)
{
	json_t *results = json_array();

	for (size_t i = 0; i < run->n; i++)
		json_array_append_new(results, result_json(&run->results[i]));
	return object_json("{s:s, s:o, s:o, s:o, s:o, s:o, s:i, s:b, s:o, s:o}", "schema", SCHEMA,
			   "run", text_json(run->run), "board", text_json(run->board), "kernel",
			   name_json(run->kernel), "boot_id", name_json(run->boot_id), "started",
			   time_json(run->started_s), "duration_ms", run->duration_ms, "cancelled",
			   run->cancelled, "results", results, "summary", counts_json(run->counts));
}

static int print(json_t *document, size_t flags)
{
	/* ASCII only: text from a board may reach a terminal this way, too. */
	int r = json_dumpf(document, stdout, flags | JSON_ENSURE_ASCII);

	json_decref(document);
	if (r == 0 && putchar('\n') != EOF && fflush(stdout) == 0)
		return 0;
	r = errno ? -errno : -EIO;
	__fpurge(stdout); /* or main() would try again, and report it again */
	clearerr(stdout);
	return r == -EPIPE ? r : log_error_errno(r, "Cannot write JSON document");
}

int out_json(json_t *document)
{
	return print(document, JSON_INDENT(2));
}

int out_json_line(json_t *document)
{
	return print(document, JSON_COMPACT);
}
