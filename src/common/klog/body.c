// SPDX-License-Identifier: GPL-2.0-only
/* Lines that follow a header: registers, traces, lock holders. */
#include "common/klog/internal.h"

#include "common/cleanup.h"

/* A report is over after this many lines in a row that cannot belong to it. */
#define LINGER 64
/* Text that only looks like a header must be confirmed within this many lines. */
#define PROBATION 16
/* Foreign lines allowed within a trace: another CPU's. */
#define TRACE_GAP 6

bool klog_begins_trace(struct text t)
{
	static const char *const starts[] = { "Call Trace:",  "Call trace:",     "Backtrace:",
					      "backtrace:",   "backtrace (crc ", "stack backtrace:",
					      "Call Trace (", "Trace:" };

	text_skip_blanks(&t);
	for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
		if (t.n && *starts[i] == *t.p && text_starts(t, starts[i]))
			return true;
	return false;
}

/* The last line of riscv's registers; the trace follows without an announcement. */
static bool ends_registers(struct text t)
{
	return text_starts(t, "status: ") && text_find(t, " badaddr: ");
}

/* Parts of a report with the traces of others: who allocated the memory, who held the lock. */
static bool begins_other_part(struct text t)
{
	static const char *const starts[] = { "Allocated",         "Freed",
					      "The buggy address", "Uninit was",
					      "Local variable",    "kfence-#",
					      "Last potentially",  "Second to last",
					      "Memory state",      "Showing all locks",
					      "page last ",        "RCU grace-period kthread",
					      "write to 0x",       "read to 0x",
					      "Sending NMI",       "Rebooting in" };

	for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
		if (t.n && *starts[i] == *t.p && text_starts(t, starts[i]))
			return true;
	return false;
}

/* arm and arm64 enter the kernel from itself here: what was interrupted follows below. */
static bool is_exception_entry(const char *function)
{
	static const char *const names[] = { "el1h_64_irq", "el1h_64_sync", "el1h_64_fiq",
					     "el1_irq",     "el1_sync",     "__irq_svc",
					     "__dabt_svc",  "__pabt_svc",   "__und_svc" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(function, names[i]) == 0)
			return true;
	return false;
}

static void push_frame(struct klog_open *o, const struct klog_frame *frame);

/*
 * arm64 unwinds by frame records, which a function that calls no other (strlen, for example)
 * does not create: its caller is missing from the trace and known only from the link register.
 * In a function that has made a call, the link register holds an address in that function
 * itself. The link waits in the position that it would have in the trace.
 */
static void push_caller_of_leaf(struct klog_open *o, const struct klog_frame *next)
{
	struct klog_frame link = o->report.trace[1];

	o->link_waits = false;
	if (klog_same_place(&o->at, &o->report.trace[0]) &&
	    strcmp(link.function, o->at.function) != 0 &&
	    strcmp(link.function, next->function) != 0)
		push_frame(o, &link);
}

static void push_frame(struct klog_open *o, const struct klog_frame *frame)
{
	struct klog_report *r = &o->report;
	struct klog_frame *to;

	if (r->n == 1 && o->link_waits)
		push_caller_of_leaf(o, frame);
	to = &r->trace[r->n];
	if (klog_row_has(o, ROW_STALL))
		klog_follow_stall(o, frame);
	if (r->n == KLOG_MAX_FRAMES) {
		r->truncated = true;
		return;
	}
	*to = *frame;
	if (r->n == 0)
		to->exact |= o->at.exact && klog_same_place(&o->at, frame);
	else
		to->exact |= is_exception_entry(to[-1].function);
	r->n++;
}

/* The trace of RCU's grace-period thread shows where it starved: a symptom. */
void klog_forget_gp_kthread(struct klog_open *o)
{
	for (size_t i = 0; i < o->report.n; i++)
		if (strcmp(o->report.trace[i].function, "rcu_gp_kthread") == 0)
			klog_forget_frames(o);
}

static void end_trace(struct klog_open *o)
{
	o->trace_done |= o->report.n > 0;
	o->in_trace = false;
}

static void begin_trace(struct klog_open *o)
{
	if (o->report.kind == KLOG_RCU_STALL)
		klog_forget_gp_kthread(o);
	if (o->report.n) { /* the next trace is another CPU's, or of what came after */
		end_trace(o);
		return;
	}
	o->in_trace = true;
	o->trace_done = false;
}

/* Sanitizers print the first trace without an announcement, arm and riscv that of an oops. */
static bool takes_frames(const struct klog_open *o, struct text t)
{
	if (o->in_trace)
		return true;
	switch (o->report.kind) {
	case KLOG_KFENCE:
	case KLOG_KMSAN:
	case KLOG_KCSAN:
	case KLOG_KASAN: return !o->trace_done;
	default:
		return !o->trace_done && ((o->report.fatal && klog_is_bare_frame(t)) ||
					  (o->confirmed && klog_is_call_from(t)));
	}
}

static void handle_pc(struct klog *k, struct klog_open *o, struct klog_frame *pc)
{
	klog_confirm(k, o);
	pc->exact = true;
	if (o->in_trace && o->report.n) {
		/* Within a trace: the function that an interrupt or trap hit. */
		if (!o->stall_done)
			klog_forget_stall(o);
		push_frame(o, pc);
	} else if (!*o->at.function && !o->trace_done) {
		o->at = *pc;
		if (klog_row_has(o, ROW_STALL))
			klog_follow_stall(o, pc);
	} else {
		o->at.exact |= klog_same_place(&o->at, pc);
	}
}

static bool is_user_mode(struct text t)
{
	return text_starts(t, "RIP: 0033:") || text_starts(t, "RIP: 0023:") ||
	       text_starts(t, "RIP: 002b:");
}

static bool proves_report(struct text t)
{
	return text_starts(t, "CPU: ") || text_starts(t, "Modules linked in:") ||
	       text_starts(t, "Hardware name: ");
}

static void handle_trace_line(struct klog *k, struct klog_open *o, struct text t, uint64_t position)
{
	struct klog_frame frame;

	if (!*o->doubtful.function && klog_parse_doubtful(t, &frame) &&
	    !klog_is_helper(o->report.kind, &frame))
		o->doubtful = frame;
	if (klog_parse_frame(t, &frame)) {
		if (o->cut_here) /* the line that should follow is lost */
			o->report.kind = KLOG_TRACE;
		o->report.corrupted |= o->cut_here;
		o->cut_here = false;
		push_frame(o, &frame);
		klog_confirm(k, o);
		klog_touch(o, position);
	} else if (klog_belongs(t) || klog_is_trace_filler(t)) {
		klog_find_access(&o->report, t);
		klog_note_address(o, t);
		klog_touch(o, position);
	} else if (++o->other_lines > TRACE_GAP) {
		end_trace(o);
	}
}

static void handle_other(struct klog_open *o, struct text t, uint64_t position)
{
	if (klog_belongs(t))
		klog_touch(o, position);
	else
		o->other_lines++;
	if (!o->report.pc && !o->trace_done)
		o->report.pc = klog_parse_raw_pc(t);
	/* The first line of its message describes a WARN() better than its place. */
	if (o->cut_here && !*o->report.title && t.n)
		text_copy(o->report.title, sizeof(o->report.title), t);
	klog_find_named_place(o, t);
	klog_find_access(&o->report, t);
	klog_note_address(o, t);
}

void klog_handle_body(struct klog *k, struct klog_open *o, struct text t, uint64_t position)
{
	struct klog_frame pc;

	if (!t.n)
		return;
	o->lines++;
	if (text_starts(t, "---[ end ")) {
		o->ended = true;
		end_trace(o);
		klog_touch(o, position);
	} else if (klog_begins_trace(t) || ends_registers(t)) {
		begin_trace(o);
		klog_touch(o, position);
	} else if (begins_other_part(t) || is_user_mode(t)) {
		klog_find_owner(o, t);
		end_trace(o);
		klog_touch(o, position);
	} else if (klog_parse_pc(t, &pc)) {
		handle_pc(k, o, &pc);
		klog_touch(o, position);
	} else if (takes_frames(o, t)) {
		handle_trace_line(k, o, t, position);
	} else {
		if (proves_report(t) && !o->cut_here)
			klog_confirm(k, o);
		handle_other(o, t, position);
	}
	if (o->other_lines > LINGER || (!o->confirmed && o->lines > PROBATION))
		klog_close(k, o);
}
