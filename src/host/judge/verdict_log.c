// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds reports (and decides which modules they concern) and test results in the kernel log of
 * a window and in the test program's output.
 */
#include "host/judge/verdict_internal.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/hex.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPORTS_MAX 64

static void on_report(const struct klog_report *report, void *arg)
{
	struct judge *j = arg;

	/* There is better evidence for the boot than a banner in the log. */
	if (report->kind == KLOG_REBOOT || report->kind == KLOG_NONE)
		return;
	/* If there are too many, the last one may have killed the board. */
	if (j->n_reports == REPORTS_MAX) {
		if (report->fatal && !j->reports[REPORTS_MAX - 1].fatal)
			j->reports[REPORTS_MAX - 1] = *report;
		return;
	}
	GROW(j->reports, j->n_reports);
	j->reports[j->n_reports++] = *report;
}

static bool contains(struct text text, const char *before, const char *name, const char *after)
{
	size_t n = strlen(before), m = strlen(name);
	struct text rest = text;

	while (text_after(rest, before, &rest)) {
		if (rest.n > m && memcmp(rest.p, name, m) == 0 && strchr(after, rest.p[m]))
			return true;
		if (!n)
			return false;
	}
	return false;
}

/*
 * Does the line name the process that loads or tests: "Comm: name", "[name:123]" or "task
 * name:123"?
 */
static bool names_task(struct text line, const char *comm)
{
	return contains(line, "Comm: ", comm, " ") || contains(line, "[", comm, ":") ||
	       contains(line, "task ", comm, ":");
}

/*
 * The agent runs a test program from a file that is named after its hash; the kernel cuts the
 * name to TASK_COMM_LEN.
 */
static void test_comm(const struct evidence *e, char comm[16])
{
	size_t n = e->plan.program.size < 8 ? e->plan.program.size : 8;
	char hex[HEX_SIZE(8)] = "";

	hex_encode(hex, e->plan.program.bytes, n);
	memcpy(comm, hex, 15);
	comm[15] = '\0';
}

static bool line_is_ours(const struct evidence *e, struct text line)
{
	char comm[16];

	/* This line lists all modules, and "[last unloaded: name]". */
	if (text_find(line, "Modules linked in:"))
		return false;
	if (contains(line, "[", e->plan.name, "] ") || names_task(line, "outpost-agent"))
		return true;
	test_comm(e, comm);
	return *comm && names_task(line, comm);
}

/*
 * A report concerns the module if its function or a frame is in it, or if the task that loads,
 * tests or unloads the module triggered it. The report's own trace comes first; the log lines
 * have the frames that did not fit in it.
 */
static bool report_is_ours(const struct judge *j, const struct klog_report *report)
{
	const char *name = j->e->plan.name;

	if (strcmp(report->module, name) == 0)
		return true;
	for (size_t i = 0; i < report->n; i++)
		if (strcmp(report->trace[i].module, name) == 0)
			return true;
	for (uint64_t i = report->start; i <= report->end && i < j->n_lines; i++)
		if (!j->lines[i].outside && line_is_ours(j->e, j->lines[i].text))
			return true;
	return false;
}

static void read_reports(struct judge *j)
{
	struct klog *klog = xcalloc(1, sizeof(*klog));

	klog_init(klog, on_report, j);
	for (size_t i = 0; i < j->n_lines; i++)
		klog_feed(klog, j->lines[i].text.p, j->lines[i].text.n, i);
	klog_flush(klog);
	free(klog);
	j->ours = xcalloc(j->n_reports + 1, sizeof(*j->ours));
	for (size_t i = 0; i < j->n_reports; i++)
		j->ours[i] = !judge_has(j, MECHANISM_OWNER) || report_is_ours(j, &j->reports[i]);
}

static void read_ktap(struct judge *j)
{
	struct text rest = { j->e->trial.output.buf, j->e->trial.output.len }, line;

	ktap_init(&j->log, KTAP_KERNEL_LOG);
	for (size_t i = 0; i < j->n_lines; i++)
		if (!j->lines[i].outside)
			ktap_feed(&j->log, j->lines[i].text.p, j->lines[i].text.n);
	ktap_finish(&j->log);
	ktap_init(&j->output, KTAP_STDOUT);
	while (text_line(&rest, &line))
		ktap_feed(&j->output, line.p, line.n);
	ktap_finish(&j->output);
}

void judge_read_log(struct judge *j)
{
	judge_read_lines(j);
	if (judge_has(j, MECHANISM_REPORT))
		read_reports(j);
	read_ktap(j);
}

void judge_release(struct judge *j)
{
	free(j->lines);
	strbuf_release(&j->survived);
	free(j->reports);
	free(j->ours);
}
