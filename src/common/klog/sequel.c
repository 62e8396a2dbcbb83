// SPDX-License-Identifier: GPL-2.0-only
/*
 * One event that the kernel reports in two dumps, one after the other: the code that detected
 * it calls WARN() (SLUB since Linux 6.15), or then stops the task with BUG() (FORTIFY_SOURCE
 * since 6.10), or the reported access then faults (KASAN). The first dump has the description,
 * the second may have the only trace.
 */
#include "common/klog/internal.h"

#include "common/cleanup.h"

/* Foreign lines between the two; also lines of a first dump without a trace. */
#define NEAR 16

/* Functions that report the finding; their WARN() adds nothing to it. */
static const struct {
	enum klog_kind kind;
	const char *function;
} reporters[] = {
	{ KLOG_SLUB, "object_err" },          { KLOG_SLUB, "slab_err" },
	{ KLOG_SLUB, "__slab_err" },          { KLOG_SLUB, "kmem_cache_destroy" },
	{ KLOG_FORTIFY, "__fortify_report" }, { KLOG_FORTIFY, "__fortify_panic" },
};
_Static_assert(ARRAY_SIZE(reporters) < 8, "they are bits of klog_open.warned");

/* Its bit, or 0. */
static unsigned int find_reporter(enum klog_kind kind, const struct klog_frame *frame)
{
	if (*frame->module)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(reporters); i++)
		if (reporters[i].kind == kind &&
		    strcmp(reporters[i].function, frame->function) == 0)
			return 1u << i;
	return 0;
}

/* With or without 0x; 0 if it is not an address. */
static uint64_t parse_address(struct text t)
{
	uint64_t address = 0;
	size_t i = 0;

	text_take(&t, "0x");
	for (; i < t.n && i < 16 && isxdigit((unsigned char)t.p[i]); i++) {
		char c = (char)(t.p[i] | 0x20);

		address = address << 4 | (uint64_t)(c >= 'a' ? c - 'a' + 10 : c - '0');
	}
	return i >= 8 ? address : 0;
}

void klog_note_address(struct klog_open *o, struct text t)
{
	struct text rest;

	if (o->report.kind == KLOG_KASAN && !o->address && text_after(t, " at addr ", &rest))
		o->address = parse_address(rest);
}

/* "... paging request at virtual address 0010", "... dereference, address: 0010" */
static bool faults_at(struct text t, uint64_t address)
{
	static const char *const words[] = { "address ", "address: ", "dereference at ",
					     "request at " };
	struct text rest;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (text_after(t, words[i], &rest) && parse_address(rest) == address)
			return true;
	return false;
}

/* "BUG kmalloc-64 (Tainted": the same cache as in the title */
static bool names_same_cache(const struct klog_open *o, struct text t)
{
	size_t n = strcspn(o->report.title, "(");

	return t.n > n && memcmp(t.p, o->report.title, n) == 0 && t.p[n] == '(';
}

/* arm's __bug() faults intentionally; checks of jumps and alignment print a line and then fault. */
static bool follows_preface(const struct klog_open *o, const struct klog_row *row)
{
	return klog_row_has(o, ROW_PREFACE) && !o->died && !o->report.n && o->lines <= KLOG_SOON &&
	       row->flags & ROW_FATAL && !(row->flags & ROW_PANIC);
}

bool klog_is_sequel(const struct klog_open *o, const struct klog_row *row, struct text t)
{
	enum klog_kind kind = o->report.kind;
	struct klog_frame frame;
	unsigned int warns;

	if (!o->confirmed || o->other_lines > NEAR || row->flags & (ROW_MINOR | ROW_PROBATION))
		return false;
	if (follows_preface(o, row))
		return true;
	switch (row->kind) {
	case KLOG_WARNING:
		warns = klog_find_place(t, &frame) ? find_reporter(kind, &frame) : 0;
		return warns & ~o->warned && strcmp(o->at.function, frame.function) != 0;
	case KLOG_BUG:
		return !o->report.fatal && klog_kind_of_file(t) == kind &&
		       find_reporter(kind, &o->at);
	case KLOG_OOPS:
		return !o->report.fatal && row->flags & ROW_FATAL && o->address &&
		       faults_at(t, o->address);
	case KLOG_SLUB: /* several broken parts of one object: a header for each, one dump */
		if (kind == KLOG_KASAN) /* before 4.8 KASAN let SLUB print the object */
			return !o->report.n && text_find(t, "kasan: bad access detected");
		return kind == KLOG_SLUB && !o->report.n && o->lines <= NEAR &&
		       !*o->doubtful.function && names_same_cache(o, t);
	default: return false;
	}
}

void klog_take_sequel(struct klog_open *o, const struct klog_row *row, struct text t)
{
	struct klog_frame frame;

	o->went_on = true;
	o->ended = false;
	o->in_trace = false;
	o->trace_done = o->report.n > 0;
	o->report.fatal |= !!(row->flags & ROW_FATAL);
	o->died |= !!(row->flags & ROW_DIES);
	if (row->kind == KLOG_WARNING && klog_find_place(t, &frame)) {
		o->warned |= find_reporter(o->report.kind, &frame);
		if (!o->report.n && !*o->at.function)
			o->at = frame;
	}
}
