// SPDX-License-Identifier: GPL-2.0-only
#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/klog.h"
#include "common/log.h"
#include "common/strbuf.h"
#include "host/command.h"
#include "host/module.h"
#include "host/out.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>

struct klog_options {
	char **modules; /* .ko files */
};

static const struct option_row options[] = {
	OPTION_LIST(struct klog_options, modules, 'm', "module", "KO", NULL,
		    "name source lines of this unstripped .ko, too; may be said again"),
	OPTION_END,
};

struct printer {
	struct symbolizer *symbolizer;
	bool verbose, show_stack;
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

static json_t *trace_to_json(const struct klog_report *r, const struct report_source *source)
{
	json_t *trace = json_array();

	for (size_t i = 0; i < r->n; i++) {
		const struct klog_frame *f = &r->trace[i];
		json_t *frame = out_frame_json(f, &source->frames[i]);

		json_object_set_new(frame, "size", json_sprintf("0x%x", f->size));
		json_object_set_new(frame, "module", json_text(f->module));
		json_array_append_new(trace, frame);
	}
	return trace;
}

static json_t *report_to_json(const struct klog_report *r, const struct report_source *source)
{
	json_t *object = json_pack(
		"{s:s, s:o, s:o, s:o, s:s, s:b, s:b, s:I, s:I, s:o}", "kind",
		klog_kind_name(r->kind), "title", json_text(r->title), "function",
		json_text(r->function), "module", json_text(r->module), "access", r->access,
		"fatal", r->fatal, "corrupted", r->corrupted, "start_line", (json_int_t)r->start,
		"end_line", (json_int_t)r->end, "trace", trace_to_json(r, source));

	out_set_source_json(object, source);
	return object;
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
	struct klog_report *report = xmalloc(sizeof(*report));
	struct report_source source;

	*report = *r;
	symbolizer_report(p->symbolizer, report, &source);
	p->n++;
	if (p->reports)
		json_array_append_new(p->reports, report_to_json(report, &source));
	else
		print_report(report);
	if (!p->reports && p->show_stack)
		out_report(stdout, report, &source, p->verbose);
	report_source_release(&source);
	free(report);
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

/* Each stands for the module that its .modinfo names. */
static int add_modules(struct symbolizer *symbolizer, char *const *files)
{
	strv_foreach (file, files) {
		_cleanup_(module_freep) struct module *m = NULL;
		int r = module_read(*file, &m);

		if (r < 0)
			return r;
		symbolizer_add(symbolizer,
			       &(struct symbolizer_module){ .name = m->name, .file = *file });
	}
	return 0;
}

static int run(struct context *ctx, void *arg, int argc, char **argv)
{
	const struct klog_options *o = arg;
	_cleanup_(symbolizer_freep) struct symbolizer *symbolizer = symbolizer_new();
	const char *name = argc > 0 && strcmp(argv[0], "-") != 0 ? argv[0] : NULL;
	_cleanup_fclose_ FILE *file = name ? fopen(name, "re") : NULL;
	struct printer p = { .symbolizer = symbolizer,
			     .verbose = ctx->verbose,
			     .show_stack = o->modules,
			     .reports = ctx->json ? json_array() : NULL };
	int r;

	if (name && !file)
		return log_error_errno(-errno, "Cannot read %s", name);
	r = add_modules(symbolizer, o->modules);
	if (r == 0)
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
		"are none. With --module, whatever the log says of that module is shown with file\n"
		"and line, and its source where it is at hand.\n",
	.options = options,
	.options_size = sizeof(struct klog_options),
	.has_json = true,
	.least_args = 0,
	.most_args = 1,
	.run = run,
};
