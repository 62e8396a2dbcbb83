// SPDX-License-Identifier: GPL-2.0-only
#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/klog.h"
#include "common/log.h"
#include "common/strbuf.h"
#include "host/command.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>

struct printer {
	json_t *reports; /* NULL: print for people */
	size_t n;
};

/* Text of a log need not be UTF-8, nor fit for a terminal. */
static json_t *json_text(const char *s)
{
	_cleanup_(strbuf_release) struct strbuf sb = STRBUF_INIT;

	strbuf_add_clean(&sb, s, strlen(s));
	return json_string(sb.buf);
}

static json_t *json_hex(uint32_t value)
{
	_cleanup_free_ char *s = xasprintf("0x%x", value);

	return json_string(s);
}

static json_t *trace_to_json(const struct klog_report *r)
{
	json_t *trace = json_array();

	for (size_t i = 0; i < r->n; i++) {
		const struct klog_frame *f = &r->trace[i];

		json_array_append_new(
			trace, json_pack("{s:o, s:o, s:o, s:o}", "function", json_text(f->function),
					 "offset", json_hex(f->offset), "size", json_hex(f->size),
					 "module", json_text(f->module)));
	}
	return trace;
}

static json_t *report_to_json(const struct klog_report *r)
{
	return json_pack("{s:s, s:o, s:o, s:o, s:s, s:b, s:b, s:I, s:I, s:o}", "kind",
			 klog_kind_name(r->kind), "title", json_text(r->title), "function",
			 json_text(r->function), "module", json_text(r->module), "access",
			 r->access, "fatal", r->fatal, "corrupted", r->corrupted, "start_line",
			 (json_int_t)r->start, "end_line", (json_int_t)r->end, "trace",
			 trace_to_json(r));
}

/* 12: oops: Unable to handle kernel NULL pointer dereference
 *     in c_init [crash], lines 12 to 40, fatal */
static void print_report(const struct klog_report *r)
{
	_cleanup_(strbuf_release) struct strbuf sb = STRBUF_INIT;

	strbuf_addf(&sb, "%llu: %s: ", (unsigned long long)r->start, klog_kind_name(r->kind));
	strbuf_add_clean(&sb, r->title, strlen(r->title));
	strbuf_adds(&sb, "\n    ");
	if (*r->function) {
		strbuf_adds(&sb, "in ");
		strbuf_add_clean(&sb, r->function, strlen(r->function));
		if (*r->module)
			strbuf_addf(&sb, " [%s]", r->module);
		strbuf_adds(&sb, ", ");
	}
	strbuf_addf(&sb, "lines %llu to %llu%s%s\n", (unsigned long long)r->start,
		    (unsigned long long)r->end, r->fatal ? ", fatal" : "",
		    r->corrupted ? ", corrupted" : "");
	fputs(sb.buf, stdout);
}

static void on_report(const struct klog_report *r, void *arg)
{
	struct printer *p = arg;

	p->n++;
	if (p->reports)
		json_array_append_new(p->reports, report_to_json(r));
	else
		print_report(r);
}

static int scan(FILE *in, const char *name, struct printer *p)
{
	_cleanup_free_ char *line = NULL;
	size_t size = 0;
	uint64_t number = 0;
	struct klog k;
	ssize_t n;

	klog_init(&k, on_report, p);
	while ((n = getline(&line, &size, in)) >= 0)
		klog_feed(&k, line, (size_t)n, ++number);
	if (ferror(in))
		return log_error_errno(-errno, "Cannot read %s", name);
	klog_flush(&k);
	return 0;
}

static int run(struct context *ctx, void *options, int argc, char **argv)
{
	const char *name = argc > 0 && strcmp(argv[0], "-") != 0 ? argv[0] : NULL;
	_cleanup_fclose_ FILE *file = name ? fopen(name, "re") : NULL;
	struct printer p = { .reports = ctx->json ? json_array() : NULL };
	int r;

	(void)options;
	if (name && !file)
		return log_error_errno(-errno, "Cannot read %s", name);
	r = scan(name ? file : stdin, name ? name : "standard input", &p);
	if (p.reports) {
		json_t *doc =
			json_pack("{s:s, s:o}", "schema", "outpost.klog/1", "reports", p.reports);

		if (r >= 0 && json_dumpf(doc, stdout, JSON_INDENT(2)) == 0)
			putchar('\n');
		json_decref(doc);
	}
	return r < 0 ? r : p.n ? STATUS_FAIL : STATUS_OK;
}

const struct command cmd_klog = {
	.name = "klog",
	.args = "[FILE]",
	.summary = "Find kernel reports in any log",
	.help = "Reads FILE, or standard input: what dmesg, journalctl -k, a serial console or "
		"pstore\n"
		"have, in any of their time formats. Exits with 1 when there are reports, 0 when "
		"there\n"
		"are none.\n",
	.has_json = true,
	.least_args = 0,
	.most_args = 1,
	.run = run,
};
