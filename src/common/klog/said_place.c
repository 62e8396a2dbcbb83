// SPDX-License-Identifier: GPL-2.0-only
/* The location, as printed in headers and the lines below them: of locks, works, objects. */
#include "common/klog/internal.h"

#include "common/cleanup.h"

bool klog_find_place(struct text line, struct klog_frame *frame)
{
	static const char *const words[] = { " at ", " in ", " in: ", " ENDBR: ", " (" };
	struct text t = line;

	if (!text_find(line, "+0x") && !text_find(line, " ("))
		return false;
	if (text_take(&t, "initcall ") && klog_parse_symbol(&t, frame))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		for (t = line; text_after(t, words[i], &t);) {
			struct text at = t;

			if (klog_parse_symbol(&at, frame))
				return true;
			/* A file and line may come first. */
			while (at.n && *at.p != ' ')
				text_skip(&at, 1);
			text_skip_blanks(&at);
			if (klog_parse_symbol(&at, frame))
				return true;
		}
	}
	return false;
}

/*
 * "data-race in a / b [module]": sorted by name, whichever was seen first. The module's
 * function is the relevant one.
 */
void klog_name_race(struct klog_open *o, struct text t)
{
	struct klog_frame other;

	if (!text_after(t, " in ", &t) || !klog_parse_name(&t, &o->at))
		return;
	o->named = true;
	if (!*o->at.module && text_take(&t, " / ") && klog_parse_name(&t, &other) && *other.module)
		o->at = other;
}

/* "is trying to acquire lock:", and on the next line "... at: [<addr>] func+0x1/0x2" */
static void find_lock_place(struct klog_open *o, struct text t)
{
	struct klog_frame frame;
	struct text rest = t;

	/* Two tasks and an interrupt: the lock taken in the interrupt determines the place. */
	if (text_find(t, "-irq-safe lock:")) {
		o->at = (struct klog_frame){ 0 };
		o->place_in_trace = true;
	}
	if (*o->at.function && !klog_is_helper(o->report.kind, &o->at))
		return;
	if (o->place_in_trace) {
		if (klog_parse_frame(t, &frame) && !klog_is_helper(o->report.kind, &frame)) {
			o->at = frame;
			o->place_in_trace = false;
		}
		return;
	}
	if (o->place_next || (klog_row_has(o, ROW_BRIEF) && text_starts(t, " #"))) {
		if (text_find(t, "[inline]"))
			return; /* the next line has the function that contains it */
		text_after(t, " at: ", &rest);
		if (klog_parse_symbol(&rest, &frame) || klog_parse_frame(rest, &frame))
			o->at = frame;
	}
	o->place_next = text_find(t, "is trying to ") || text_find(t, " still held ") ||
			text_find(t, "already hold") || text_find(t, "] takes:") ||
			text_find(t, " just changed the state of lock:");
}

/* "    in-flight: 45:stuck_work [module]" of a workqueue without progress */
static bool find_in_flight(const struct klog_open *o, struct text t, struct text *rest)
{
	if (o->report.kind != KLOG_WORKQUEUE_LOCKUP || !text_after(t, " in-flight: ", rest))
		return false;
	while (rest->n && *rest->p != ':' && *rest->p != ' ')
		text_skip(rest, 1);
	return text_take(rest, ":");
}

/*
 * "Allocated in func+0x1/0x2 [module] age=3 cpu=0 pid=12" is the owner of the broken object;
 * of a page, the owner is in the trace after "page last allocated via".
 */
void klog_find_owner(struct klog_open *o, struct text t)
{
	text_take(&t, "INFO: "); /* before 5.13 */
	if (o->report.kind == KLOG_SLUB && !*o->doubtful.function && text_take(&t, "Allocated in "))
		o->owned = klog_parse_symbol(&t, &o->doubtful);
	if (o->report.kind == KLOG_BAD_PAGE)
		o->place_in_trace = text_starts(t, "page last allocated via");
}

static void find_page_owner(struct klog_open *o, struct text t)
{
	struct klog_frame frame;

	if (o->place_in_trace && klog_parse_frame(t, &frame) && !klog_is_page_helper(&frame)) {
		o->doubtful = frame;
		o->owned = true;
		o->place_in_trace = false;
	}
}

/* After a jump to an invalid address, the link register counts; otherwise it may name a module. */
static void take_link(struct klog_open *o, const struct klog_frame *frame)
{
	if (o->report.pc && !*o->at.function)
		o->at = *frame;
	else if (*frame->module && !o->report.n) {
		o->report.trace[1] = *frame;
		o->link_waits = true;
	}
}

void klog_find_named_place(struct klog_open *o, struct text t)
{
	struct klog_frame frame;
	struct text rest;

	if (o->report.kind == KLOG_LOCKDEP)
		find_lock_place(o, t);
	if (o->report.kind == KLOG_BAD_PAGE)
		find_page_owner(o, t);
	if (text_take(&t, "caller is ") && klog_parse_symbol(&t, &frame))
		o->at = frame;
	else if (text_after(t, "last function: ", &rest) || text_after(t, " workfn=", &rest) ||
		 find_in_flight(o, t, &rest))
		o->named |= !o->named && klog_parse_name(&rest, &o->at);
	else if (klog_parse_link(t, &frame))
		take_link(o, &frame);
}
