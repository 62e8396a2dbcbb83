// SPDX-License-Identifier: GPL-2.0-only
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/strv.h"
#include "host/report/out.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* Does XML 1.0 allow the character of `len` bytes? See rule [2] Char. */
static bool is_xml_char(const unsigned char *s, size_t len)
{
	if (len == 1)
		return *s >= 0x20 || *s == '\t' || *s == '\n' || *s == '\r';
	return !(len == 3 && s[0] == 0xef && s[1] == 0xbf && s[2] >= 0xbe); /* U+FFFE, U+FFFF */
}

/* Characters that must be escaped in an attribute's value; text may use the same escapes. */
static const char *find_entity(char c, bool attribute)
{
	switch (c) {
	case '&': return "&amp;";
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '"': return "&quot;";
	case '\r': return "&#13;";
	case '\n': return attribute ? "&#10;" : NULL;
	case '\t': return attribute ? "&#9;" : NULL;
	}
	return NULL;
}

/* Adds any bytes as text of a UTF-8 document; bytes that are not allowed become U+FFFD. */
static void add_xml(struct strbuf *out, const char *text, bool attribute)
{
	size_t n = strlen(text);

	for (size_t i = 0; i < n;) {
		const unsigned char *s = (const unsigned char *)text + i;
		size_t len = *s < 0x80 ? 1 : utf8_length(s, n - i);
		const char *entity = find_entity(text[i], attribute);

		if (entity)
			strbuf_adds(out, entity);
		else if (len && is_xml_char(s, len))
			strbuf_add(out, s, len);
		else
			strbuf_adds(out, "\xef\xbf\xbd");
		i += len ? len : 1;
	}
}

static void add_attribute(struct strbuf *out, const char *name, const char *value)
{
	strbuf_addf(out, " %s=\"", name);
	add_xml(out, value ? value : "", true);
	strbuf_addch(out, '"');
}

static void add_seconds(struct strbuf *out, long long ms)
{
	strbuf_addf(out, " time=\"%lld.%03lld\"", ms / 1000, ms % 1000);
}

static void add_property(struct strbuf *out, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	strbuf_adds(out, "      <property");
	add_attribute(out, "name", name);
	add_attribute(out, "value", value);
	strbuf_adds(out, "/>\n");
}

/* Consumers treat the part after the last dot as the class name. */
static void add_class_name(struct strbuf *out, const struct run_result *run)
{
	_cleanup_(strbuf_release) struct strbuf name = STRBUF_INIT;
	const char *parts[] = { run->board, run->kernel };

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if (!parts[i] || !*parts[i])
			continue;
		if (name.len)
			strbuf_addch(&name, '.');
		for (const char *c = parts[i]; *c; c++)
			strbuf_addch(&name, *c == '.' ? '_' : *c);
	}
	add_attribute(out, "classname", name.buf);
}

/* The frame's own place on its line, and inlined functions below. */
static void add_sites(struct strbuf *out, const struct frame_source *source)
{
	for (size_t i = source->n; i-- > 0;) {
		const struct site *site = &source->sites[i];

		if (i + 1 < source->n)
			strbuf_addf(out, "\n    inlined: %s", site->function);
		if (site->file)
			strbuf_addf(out, " %s:%d", site->file, site->line);
	}
}

static void add_report(struct strbuf *out, const struct result *r, size_t index)
{
	const struct klog_report *report = &r->reports[index];
	const struct report_source *source = r->sources ? &r->sources[index] : NULL;

	strbuf_addf(out, "\n%s: %s\n", klog_kind_name(report->kind), report->title);
	if (source && source->at.file)
		strbuf_addf(out, "at %s:%d in %s\n", source->at.file, source->at.line,
			    source->at.function);
	for (size_t i = 0; i < report->n; i++) {
		const struct klog_frame *frame = &report->trace[i];

		strbuf_addf(out, "  %s+0x%x", frame->function, frame->offset);
		if (*frame->module)
			strbuf_addf(out, " [%s]", frame->module);
		if (source)
			add_sites(out, &source->frames[i]);
		strbuf_addch(out, '\n');
	}
}

static void add_problem(struct strbuf *out, const struct result *r, const char *element)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	_cleanup_free_ char *summary = result_summary(r);

	strbuf_addf(&text, "%s\n", summary);
	strv_foreach (name, r->ktap_failed)
		strbuf_addf(&text, "not ok: %s\n", *name);
	for (size_t i = 0; i < r->n_reports; i++)
		add_report(&text, r, i);
	if (r->log)
		strbuf_addf(&text, "\nkernel log: %s\n", r->log);
	strbuf_addf(out, "      <%s", element);
	add_attribute(out, "type", verdict_name(r->verdict));
	add_attribute(out, "message", summary);
	strbuf_addch(out, '>');
	add_xml(out, text.buf, false);
	strbuf_addf(out, "</%s>\n", element);
}

static bool is_failure(enum verdict v)
{
	return v == VERDICT_FAIL || v == VERDICT_CRASH || v == VERDICT_HANG ||
	       v == VERDICT_INCONCLUSIVE;
}

static bool is_error(enum verdict v)
{
	return v == VERDICT_LOST || v == VERDICT_ERROR;
}

static void add_case(struct strbuf *out, const struct run_result *run, const struct result *r)
{
	strbuf_adds(out, "    <testcase");
	add_attribute(out, "name", r->module);
	add_class_name(out, run);
	add_seconds(out, r->duration_ms);
	strbuf_adds(out, ">\n");
	if (r->verdict == VERDICT_SKIP) {
		_cleanup_free_ char *summary = result_summary(r);

		strbuf_adds(out, "      <skipped");
		add_attribute(out, "message", summary);
		strbuf_adds(out, "/>\n");
	} else if (r->verdict != VERDICT_PASS) {
		add_problem(out, r, is_failure(r->verdict) ? "failure" : "error");
	}
	if (r->output && *r->output) {
		strbuf_adds(out, "      <system-out>");
		add_xml(out, r->output, false);
		strbuf_adds(out, "</system-out>\n");
	}
	strbuf_adds(out, "    </testcase>\n");
}

static void add_totals(struct strbuf *out, const struct run_result *run)
{
	unsigned int failures = 0, errors = 0;

	for (int v = 0; v < VERDICT_COUNT; v++) {
		failures += is_failure(v) ? run->counts[v] : 0;
		errors += is_error(v) ? run->counts[v] : 0;
	}
	strbuf_addf(out, " tests=\"%zu\" failures=\"%u\" errors=\"%u\"", run->n, failures, errors);
	add_seconds(out, run->duration_ms);
}

/* ISO 8601 in UTC; the schemas do not allow a time zone. */
static void add_timestamp(struct strbuf *out, long long seconds)
{
	char text[32];
	time_t t = (time_t)seconds;
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	add_attribute(out, "timestamp", text);
}

/* Writes directly to a pipe or a terminal: renaming a file over it would replace it. */
static int write_report(const char *path, const struct strbuf *text)
{
	_cleanup_close_ int fd = -1;
	struct stat st;

	if (stat(path, &st) < 0 || S_ISREG(st.st_mode))
		return fs_write_atomic(path, text->buf, text->len, 0644);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fs_write_all(fd, text->buf, text->len);
}

int out_junit(const char *path, const struct run_result *run)
{
	_cleanup_(strbuf_release) struct strbuf out = STRBUF_INIT;
	int r;

	strbuf_adds(&out,
		    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"outpost\"");
	add_totals(&out, run);
	strbuf_adds(&out, ">\n  <testsuite");
	add_attribute(&out, "name", "outpost test");
	add_totals(&out, run);
	strbuf_addf(&out, " skipped=\"%u\"", run->counts[VERDICT_SKIP]);
	add_timestamp(&out, run->started_s);
	add_attribute(&out, "hostname", run->board);
	strbuf_adds(&out, ">\n    <properties>\n");
	add_property(&out, "run", run->run);
	add_property(&out, "board", run->board);
	add_property(&out, "kernel", run->kernel);
	add_property(&out, "boot_id", run->boot_id);
	strbuf_adds(&out, "    </properties>\n");
	for (size_t i = 0; i < run->n; i++)
		add_case(&out, run, &run->results[i]);
	strbuf_adds(&out, "  </testsuite>\n</testsuites>\n");
	r = write_report(path, &out);
	return r < 0 ? log_error_errno(r, "Cannot write JUnit report %s", path) : 0;
}
