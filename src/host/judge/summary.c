// SPDX-License-Identifier: GPL-2.0-only
#include "host/judge/summary.h"

#include "common/alloc.h"
#include "common/strv.h"
#include "common/text.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

void summary_release(struct summary *f)
{
	free(f->what);
	site_release(&f->where);
	free(f->module);
	site_release(&f->from);
	free(f->outcome);
	strv_free(f->remarks);
	*f = (struct summary)SUMMARY_INIT;
}

/* --- a WARNING's title ----------------------------------------------------------------- */

/* Parses the last word of `head`, "path/file.c:8". */
static bool take_place(struct text head, struct text *file, int *line)
{
	const char *blank, *colon;
	struct text number;
	uint64_t n;

	text_trim_end(&head);
	blank = head.n ? memrchr(head.p, ' ', head.n) : NULL;
	if (blank)
		text_skip(&head, (size_t)(blank + 1 - head.p));
	colon = head.n ? memrchr(head.p, ':', head.n) : NULL;
	if (!colon || colon == head.p)
		return false;
	number = head;
	text_skip(&number, (size_t)(colon + 1 - head.p));
	if (!text_take_u64(&number, &n) || number.n || n > INT_MAX)
		return false;
	*file = (struct text){ head.p, (size_t)(colon - head.p) };
	*line = (int)n;
	return true;
}

/*
 * Linux kernel/panic.c, __warn(): "WARNING: CPU: 0 PID: 12 at path/x.c:8 f+0x1/0x2 [m]", since
 * 6.19 "WARNING: path/x.c:8 at f+0x1/0x2 [m], CPU#0: comm/12". The message of the WARN()
 * follows a colon, see klog. Returns false for other titles.
 */
static bool read_warning(const char *title, struct text *file, int *line, struct text *message)
{
	struct text all = { title, strlen(title) }, rest, head;

	*message = (struct text){ "", 0 };
	if (!text_take(&all, "WARNING: ") || !text_after(all, " at ", &rest))
		return false;
	if (text_starts(all, "CPU: ")) {
		head = rest;
		head.n = strcspn(rest.p, " ");
	} else {
		head = (struct text){ all.p, (size_t)(rest.p - strlen(" at ") - all.p) };
		if (text_after(rest, ", CPU#", &all) && text_after(all, ": ", &all))
			rest = all; /* after the task's name comes the message */
	}
	(void)text_after(rest, ": ", message);
	return take_place(head, file, line);
}

void summary_set_report(struct summary *f, const struct klog_report *report)
{
	struct text file, message;
	int line;

	if (*report->function)
		site_set(&f->where, report->function, NULL, 0);
	if (*report->module)
		f->module = xstrdup(report->module);
	free(f->what);
	if (report->kind != KLOG_WARNING || !read_warning(report->title, &file, &line, &message)) {
		f->what = xstrdup(report->title);
		return;
	}
	f->what = xasprintf("WARNING%s%.*s", message.n ? ": " : "", (int)message.n, message.p);
	f->where.file = xstrndup(file.p, file.n);
	f->where.line = line;
}

/* --- the sentence ------------------------------------------------------------------------ */

static void add_place(const struct site *site, struct strbuf *out)
{
	const char *slash = strrchr(site->file, '/');

	strbuf_addf(out, "%s:%d", slash ? slash + 1 : site->file, site->line);
}

static void add_where(const struct summary *f, const char *tested, struct strbuf *out)
{
	if (f->where.function)
		strbuf_addf(out, " in %s", f->where.function);
	if (f->module && (!f->where.file || strcmp(f->module, tested) != 0))
		strbuf_addf(out, " [%s]", f->module);
	if (f->where.file) {
		strbuf_adds(out, f->where.function ? " (" : " at ");
		add_place(&f->where, out);
		strbuf_adds(out, f->where.function ? ")" : "");
	}
	if (f->from.file) {
		strbuf_addf(out, ", from %s (", f->from.function);
		add_place(&f->from, out);
		strbuf_addch(out, ')');
	}
	if (f->unloaded)
		strbuf_adds(out, f->doing ? ", no longer in memory," : ", no longer in memory");
}

void summary_add_text(const struct summary *f, const char *tested, struct strbuf *out)
{
	strbuf_adds(out, f->what ? f->what : "");
	add_where(f, tested, out);
	if (f->doing)
		strbuf_addf(out, " while %s %s", f->doing, tested);
	if (f->outcome)
		strbuf_addf(out, "; %s", f->outcome);
	strv_foreach (remark, f->remarks)
		strbuf_addf(out, " (%s)", *remark);
}
