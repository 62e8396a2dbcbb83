// SPDX-License-Identifier: GPL-2.0-only
/* Begins, confirms and ends reports, and names the function at fault. */
#include "common/klog/internal.h"

#include "common/cleanup.h"

static void name_function(struct klog_report *r, const struct klog_frame *frame)
{
	klog_plain_name(r->function, sizeof(r->function), frame->function);
	memcpy(r->module, frame->module, sizeof(r->module));
}

/*
 * The function in which a stalled task is caught, or a stack overflows, is random; the
 * function that was called from outside its subsystem, by a system call or a work queue, is
 * not. Call with one frame after the other. Frames above the entry of the interrupt that
 * detected the stall do not count. Work of an interrupt or page fault on top of a system call
 * counts for that call.
 */
void klog_forget_stall(struct klog_open *o)
{
	*o->stalled.function = '\0';
	o->stall_done = false;
}

void klog_follow_stall(struct klog_open *o, const struct klog_frame *frame)
{
	o->in_detector |= klog_is_detector(frame->function);
	if (klog_is_entry(frame->function)) {
		if (*o->stalled.function && !o->in_detector) {
			if (*o->stalled.module)
				return;
			if (!*o->stalled_above.function)
				o->stalled_above = o->stalled;
		}
		klog_forget_stall(o);
		o->in_detector = false;
	} else if (o->stall_done) {
		return;
	} else if (*frame->module) {
		o->stalled = *frame; /* a module's innermost function: it contains the loop */
		o->stall_done = true;
	} else if (klog_is_dispatcher(frame->function)) {
		o->stall_done = *o->stalled.function;
	} else if (strncmp(frame->function, "smp_call_function", 17) == 0) {
		o->stalled = *frame; /* it waits for another CPU */
		o->stall_done = true;
	} else if (!klog_is_helper(o->report.kind, frame)) {
		o->stalled = *frame;
	}
}

void klog_forget_frames(struct klog_open *o)
{
	o->report.n = 0;
	o->in_detector = false;
	o->link_waits = false;
	*o->stalled_above.function = '\0';
	klog_forget_stall(o);
}

/* Where the task began or last slept: all that arm64 knows about a task running on another CPU. */
static bool is_stale(const struct klog_frame *frame)
{
	return strcmp(frame->function, "ret_from_fork") == 0 ||
	       strcmp(frame->function, "__switch_to") == 0;
}

/* A call that never returns, at the end of its function: the address is in the next function. */
static bool is_past_end(const struct klog_frame *frame)
{
	return !frame->offset && !frame->exact && !frame->decoded;
}

static const struct klog_frame *first_frame(const struct klog_open *o)
{
	const struct klog_report *r = &o->report;

	if (*o->at.function && (o->named || !klog_is_helper(r->kind, &o->at)))
		return &o->at;
	for (size_t i = 0; i < r->n; i++)
		if (!is_past_end(&r->trace[i]) && !klog_is_helper(r->kind, &r->trace[i]))
			return &r->trace[i];
	if (*o->at.function)
		return &o->at;
	if (r->n && !is_stale(&r->trace[0]))
		return &r->trace[0];
	return *o->doubtful.function ? &o->doubtful : NULL;
}

static void choose_function(struct klog_open *o)
{
	const struct klog_frame *frame;

	if (*o->report.function)
		return;
	if (!o->stall_done && *o->stalled_above.function)
		frame = &o->stalled_above;
	else
		frame = *o->stalled.function ? &o->stalled : first_frame(o);
	/* Any code may find a broken object; its owner matters more. */
	if (o->owned && (!frame || !*frame->module) &&
	    (*o->doubtful.module || o->report.kind == KLOG_BAD_PAGE))
		frame = &o->doubtful;
	if (frame)
		name_function(&o->report, frame);
}

bool klog_same_place(const struct klog_frame *a, const struct klog_frame *b)
{
	return a->offset == b->offset && strcmp(a->function, b->function) == 0 &&
	       strcmp(a->module, b->module) == 0;
}

void klog_add_first_frame(struct klog_report *r, const struct klog_frame *frame)
{
	r->truncated |= r->n == KLOG_MAX_FRAMES;
	r->n -= r->n == KLOG_MAX_FRAMES;
	memmove(r->trace + 1, r->trace, r->n++ * sizeof(*r->trace));
	r->trace[0] = *frame;
}

/* x86 prints the instruction only before the trace. */
static void add_pc_to_trace(struct klog_open *o)
{
	struct klog_report *r = &o->report;

	if (o->at.exact && !(r->n && klog_same_place(&o->at, &r->trace[0])))
		klog_add_first_frame(r, &o->at);
}

/* --- reports begin and end ---------------------------------------------------- */

void klog_close(struct klog *k, struct klog_open *o)
{
	if (!o || !o->used)
		return;
	o->used = false;
	for (size_t i = 0; i < KLOG_MAX_OPEN; i++)
		if (k->open[i].before == o - k->open + 1)
			k->open[i].before = 0;
	if (o->before)
		klog_close(k, &k->open[o->before - 1]);
	if (!o->confirmed || o->report.kind == KLOG_NONE)
		return;
	choose_function(o);
	o->report.corrupted |=
		!o->report.n && !*o->doubtful.function && !klog_row_has(o, ROW_SINGLE | ROW_BRIEF);
	add_pc_to_trace(o);
	k->ordered |= o->report.fatal || klog_row_has(o, ROW_STALL);
	if (k->on_report)
		k->on_report(&o->report, k->arg);
}

static struct klog_open *oldest(struct klog *k)
{
	struct klog_open *found = &k->open[0];

	for (size_t i = 0; i < KLOG_MAX_OPEN; i++) {
		if (!k->open[i].used)
			return &k->open[i];
		if (k->open[i].report.end < found->report.end)
			found = &k->open[i];
	}
	return found;
}

void klog_close_all(struct klog *k)
{
	for (size_t i = 0; i < KLOG_MAX_OPEN; i++) {
		struct klog_open *first = NULL;

		for (size_t j = 0; j < KLOG_MAX_OPEN; j++)
			if (k->open[j].used &&
			    (!first || k->open[j].report.start < first->report.start))
				first = &k->open[j];
		klog_close(k, first);
	}
}

struct klog_open *klog_begin(struct klog *k, const struct klog_row *row, uint32_t caller,
			     uint64_t position)
{
	struct klog_open *o = oldest(k);
	struct klog_report *r = &o->report;

	klog_close(k, o);
	/* Clear only the first byte of strings, and `n`: this runs for each near-match. */
	*r->title = *r->function = *r->module = *r->access = '\0';
	r->fatal = r->corrupted = r->truncated = false;
	r->n = 0;
	r->pc = 0;
	o->at.exact = false;
	memset((char *)o + offsetof(struct klog_open, row), 0,
	       offsetof(struct klog_open, at) - offsetof(struct klog_open, row));
	*o->at.function = *o->stalled.function = '\0';
	*o->stalled_above.function = *o->doubtful.function = '\0';
	o->used = true;
	o->row = row;
	o->caller = caller;
	r->kind = KLOG_NONE;
	r->start = r->end = position;
	k->last = o;
	return o;
}

void klog_confirm(struct klog *k, struct klog_open *o)
{
	o->confirmed = true;
	if (o->announced || o->report.kind == KLOG_NONE)
		return;
	o->announced = true;
	k->begun++;
}

void klog_touch(struct klog_open *o, uint64_t position)
{
	o->report.end = position;
	o->other_lines = 0;
}
