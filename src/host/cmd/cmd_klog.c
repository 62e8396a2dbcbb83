// SPDX-License-Identifier: GPL-2.0-only
#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/klog/klog.h"
#include "common/log.h"
#include "common/strbuf.h"
#include "common/strv.h"
#include "host/base/json_make.h"
#include "host/cmd/command.h"
#include "host/cmd/klog_file.h"
#include "host/module/module.h"
#include "host/report/out.h"
#include "host/report/out_table.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <unistd.h>

#define JSON_BEGIN "{\"schema\": \"outpost.klog/1\", \"reports\": ["

struct klog_options {
	char **modules; /* .ko files */
};

static const struct option_row options[] = {
	OPTION_LIST(struct klog_options, modules, 'm', "module", "KO", NULL,
		    "show source lines of this unstripped .ko; may be given more than once"),
	OPTION_END,
};

struct printer {
	struct symbolizer *symbolizer;
	bool verbose, show_stack, json, colour;
	size_t n;
	int written; /* 0 or -errno, logged */
};

/* Log text may be invalid UTF-8, or unsafe for a terminal. */
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
	json_t *object = object_json(
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
static void print_report(const struct klog_report *r, bool colour)
{
	_cleanup_(strbuf_release) struct strbuf sb = STRBUF_INIT;

	strbuf_addf(&sb, "%llu: ", (unsigned long long)r->start);
	if (colour)
		strbuf_addf(&sb, "\033[%sm%s\033[0m: ", r->fatal ? BOLD_RED : YELLOW,
			    klog_kind_name(r->kind));
	else
		strbuf_addf(&sb, "%s: ", klog_kind_name(r->kind));
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

/* One at a time: a log may have very many. */
static void print_json(struct printer *p, const struct klog_report *r,
		       const struct report_source *source)
{
	if (p->written < 0)
		return;
	fputs(p->n ? "," : JSON_BEGIN "\n", stdout);
	p->written = out_json_line(report_to_json(r, source));
}

static void on_report(const struct klog_report *r, void *arg)
{
	struct printer *p = arg;
	struct klog_report *report = xmalloc(sizeof(*report));
	struct report_source source;

	*report = *r;
	symbolizer_report(p->symbolizer, report, &source);
	if (p->json)
		print_json(p, report, &source);
	else
		print_report(report, p->colour);
	if (!p->json && p->show_stack)
		out_report(stdout, report, &source, p->verbose);
	fflush(stdout); /* the log may be a pipe that stays open */
	p->n++;
	report_source_release(&source);
	free(report);
}

/* The name of each module is in its .modinfo. */
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

static int open_log(const char *name)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? log_error_errno(-errno, "Cannot read %s", name) : fd;
}

static int scan(struct printer *p, int fd, const char *name)
{
	uint64_t lines;
	struct klog k;
	int r;

	klog_init(&k, on_report, p);
	r = klog_file_scan(&k, fd, name, &lines);
	/* A complete document means that the whole log was read. */
	if (p->json && r == 0 && p->written == 0)
		printf("%s]}\n", p->n ? "" : JSON_BEGIN);
	if (r == 0 && lines && !p->n)
		log_info("%s: no kernel report in %llu lines", name, (unsigned long long)lines);
	return r < 0 ? r : p->written;
}

static int run(struct context *ctx, void *arg, int argc, char **argv)
{
	const struct klog_options *o = arg;
	_cleanup_(symbolizer_freep) struct symbolizer *symbolizer = symbolizer_new();
	const char *name = argc > 0 && strcmp(argv[0], "-") != 0 ? argv[0] : NULL;
	_cleanup_close_ int fd = -1;
	struct printer p = { .symbolizer = symbolizer,
			     .verbose = ctx->verbose,
			     .show_stack = o->modules,
			     .json = ctx->json,
			     .colour = out_colour(stdout) };
	int r = add_modules(symbolizer, o->modules);

	if (r < 0)
		return r;
	if (name && (fd = open_log(name)) < 0)
		return fd;
	if (!name && isatty(STDIN_FILENO))
		log_info("Reading a log from the terminal; press Ctrl-D to end it");
	r = scan(&p, name ? fd : STDIN_FILENO, name ? name : "standard input");
	return r < 0 ? r : p.n ? STATUS_FAIL : STATUS_OK;
}

const struct command cmd_klog = {
	.name = "klog",
	.args = "[FILE]",
	.summary = "Find kernel reports in any log",
	.help = "Reads FILE or standard input: a log from dmesg, journalctl -k, a serial console\n"
		"or pstore, in any of their time formats. For each report, prints the number of\n"
		"its first line, its kind, title and function. With --module, also prints file and\n"
		"line of addresses in that module, and the source if available.\n"
		"Exit status: 1 if there are reports, 0 if there are none, 3 if the log cannot be\n"
		"read.\n",
	.options = options,
	.options_size = sizeof(struct klog_options),
	.has_json = true,
	.least_args = 0,
	.most_args = 1,
	.no_board = true,
	.no_trust = true,
	.run = run,
};
