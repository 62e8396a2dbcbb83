// SPDX-License-Identifier: GPL-2.0-only
#include "common/klog/klog.h"
#include "fuzz.h"

#include <string.h>

#define TERMINATED(s) (strnlen(s, sizeof(s)) < sizeof(s))

static void on_report(const struct klog_report *r, void *arg)
{
	uint64_t *n = arg;

	++*n;
	MUST(r->kind > KLOG_NONE && r->kind < KLOG_N_KINDS);
	MUST(r->start <= r->end && r->n <= KLOG_MAX_FRAMES);
	MUST(TERMINATED(r->title) && TERMINATED(r->function) && TERMINATED(r->module) &&
	     TERMINATED(r->access));
	for (size_t i = 0; i < r->n; i++)
		MUST(*r->trace[i].function && TERMINATED(r->trace[i].function) &&
		     TERMINATED(r->trace[i].module));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *line = (const char *)data, *end = line + size, *nl;
	uint64_t number = 0, reports = 0;
	struct klog k;

	klog_init(&k, on_report, &reports);
	for (; line < end; line = nl + (nl < end)) {
		nl = memchr(line, '\n', (size_t)(end - line));
		if (!nl)
			nl = end;
		klog_feed(&k, line, (size_t)(nl - line), ++number);
		MUST(reports <= k.begun);
	}
	klog_flush(&k);
	MUST(reports == k.begun);
	return 0;
}
