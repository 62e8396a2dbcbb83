// SPDX-License-Identifier: GPL-2.0-only
#include "common/klog_internal.h"

#include "common/cleanup.h"

/* Lines that cannot belong to a report, in a row, after which it is over. */
#define LINGER 64
/* Lines within which text that only looks like a header must prove itself. */
#define PROBATION 16
/* Lines between what was found broken and the WARNING or BUG line of it. */
#define PREFACE 8
/* Foreign lines within a trace: another CPU's. */
#define TRACE_GAP 6

_Static_assert(sizeof(struct klog) < 16 * 1024, "the supervisor's memory is bounded");

void klog_init(struct klog *k, void (*on_report)(const struct klog_report *, void *), void *arg)
{
	memset(k, 0, sizeof(*k));
	k->on_report = on_report;
	k->arg = arg;
}

static bool row_has(const struct klog_open *o, unsigned int flags)
{
	return o->row && o->row->flags & flags;
}

/* --- which function it was -------------------------------------------------- */

static void name_function(struct klog_report *r, const struct klog_frame *frame)
{
	klog_plain_name(r->function, sizeof(r->function), frame->function);
	memcpy(r->module, frame->module, sizeof(r->module));
}

/*
 * What a stalled task does at the moment is chance, and so is where a stack
 * overflows; the function that was called from outside its subsystem, by a
 * system call or a work queue, is not. Looks at one frame after the other.
 */
static void follow_stall(struct klog_open *o, const struct klog_frame *frame)
{
	if (klog_is_entry(frame->function)) {
		*o->stalled.function = '\0';
		o->stall_done = false;
	} else if (o->stall_done) {
		return;
	} else if (klog_is_dispatcher(frame->function)) {
		o->stall_done = *o->stalled.function;
	} else if (strncmp(frame->function, "smp_call_function", 17) == 0) {
		o->stalled = *frame; /* it waits for another CPU */
		o->stall_done = true;
	} else if (!klog_is_helper(o->report.kind, frame->function)) {
		o->stalled = *frame;
	}
}

static void forget_frames(struct klog_open *o)
{
	o->report.n = 0;
	*o->stalled.function = '\0';
	o->stall_done = false;
}

static const struct klog_frame *first_frame(const struct klog_open *o)
{
	const struct klog_report *r = &o->report;

	if (*o->at.function && !klog_is_helper(r->kind, o->at.function))
		return &o->at;
	for (size_t i = 0; i < r->n; i++)
		if (!klog_is_helper(r->kind, r->trace[i].function))
			return &r->trace[i];
	return *o->at.function ? &o->at : r->n ? &r->trace[0] : NULL;
}

static void choose_function(struct klog_open *o)
{
	const struct klog_frame *frame;

	if (*o->report.function)
		return;
	frame = *o->stalled.function ? &o->stalled : first_frame(o);
	if (frame)
		name_function(&o->report, frame);
}

/* --- reports begin and end ---------------------------------------------------- */

static void close_open(struct klog *k, struct klog_open *o)
{
	if (!o || !o->used)
		return;
	o->used = false;
	if (!o->confirmed || o->report.kind == KLOG_NONE)
		return;
	choose_function(o);
	o->report.corrupted |= !o->report.n && !row_has(o, ROW_SINGLE);
	k->ordered |= o->report.fatal || row_has(o, ROW_STALL);
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

static void close_all(struct klog *k)
{
	for (size_t i = 0; i < KLOG_MAX_OPEN; i++) {
		struct klog_open *first = NULL;

		for (size_t j = 0; j < KLOG_MAX_OPEN; j++)
			if (k->open[j].used &&
			    (!first || k->open[j].report.start < first->report.start))
				first = &k->open[j];
		close_open(k, first);
	}
}

static struct klog_open *begin(struct klog *k, const struct klog_row *row, uint32_t caller,
			       uint64_t position)
{
	struct klog_open *o = oldest(k);

	close_open(k, o);
	/* The frames need not be cleared: `n` says how many there are. */
	memset(&o->report, 0, offsetof(struct klog_report, trace));
	o->report.n = 0;
	memset((char *)o + offsetof(struct klog_open, row), 0,
	       sizeof(*o) - offsetof(struct klog_open, row));
	o->used = true;
	o->row = row;
	o->caller = caller;
	o->report.start = o->report.end = position;
	k->last = o;
	return o;
}

static void confirm(struct klog *k, struct klog_open *o)
{
	o->confirmed = true;
	if (o->announced || o->report.kind == KLOG_NONE)
		return;
	o->announced = true;
	k->begun++;
}

static void touch(struct klog_open *o, uint64_t position)
{
	o->report.end = position;
	o->other_lines = 0;
}

/* --- headers ------------------------------------------------------------------ */

static void set_title(struct klog_open *o, const struct klog_row *row, struct text t)
{
	const char *end = row->cut ? text_find(t, row->cut) : NULL;

	if (end && end > t.p)
		t.n = (size_t)(end - t.p);
	text_take(&t, "[ ");
	text_copy(o->report.title, sizeof(o->report.title), t);
}

/* "... in func+0x1/0x2", "... at file.c:12 func+0x1/0x2", "file.c:12 at func+0x1/0x2" */
static bool find_place(struct text line, struct klog_frame *frame)
{
	static const char *const words[] = { " at ", " in ", " in: " };
	struct text t;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (!text_after(line, words[i], &t))
			continue;
		if (klog_parse_symbol(&t, frame))
			return true;
		while (t.n && *t.p != ' ')
			text_skip(&t, 1);
		text_skip_blanks(&t);
		if (klog_parse_symbol(&t, frame))
			return true;
	}
	return false;
}

static void find_access(struct klog_report *r, struct text t)
{
	static const struct {
		const char *text, *access;
	} words[] = {
		{ "Read of size ", "read" },	{ "Write of size ", "write" },
		{ "read access", "read" },	{ "write access", "write" },
		{ "instruction fetch", "exec" }, { " read in ", "read" },
		{ " write in ", "write" },	{ "WnR = 0", "read" },
		{ "WnR = 1", "write" },		{ "read of address", "read" },
	};

	if (*r->access)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (text_find(t, words[i].text))
			strcpy(r->access, words[i].access);
}

/* What a WARN() printed before its line makes a better title than the line. */
static void title_of_warning(struct klog_open *o, const struct klog_row *row, struct text t)
{
	char message[KLOG_TITLE_SIZE];
	size_t n;

	memcpy(message, o->report.title, sizeof(message));
	set_title(o, row, t);
	n = strlen(o->report.title);
	if (!*message || n + 3 > sizeof(o->report.title))
		return;
	memcpy(o->report.title + n, ": ", 3);
	text_copy(o->report.title + n + 2, sizeof(o->report.title) - n - 2,
		  (struct text){ message, strlen(message) });
}

/* The WARNING or BUG line of something that was found broken, or cut here, just before. */
static void join_preface(struct klog *k, struct klog_open *o, const struct klog_row *row,
			 struct text t)
{
	if (o->report.kind == KLOG_NONE) {
		enum klog_kind kind = klog_kind_of_file(t);

		o->report.kind = kind != KLOG_NONE ? kind : row->kind;
		title_of_warning(o, row, t);
		o->row = row;
	}
	o->cut_here = false;
	o->report.fatal |= !!(row->flags & ROW_FATAL);
	find_place(t, &o->at);
	confirm(k, o);
}

static void start(struct klog *k, const struct klog_row *row, struct text t, uint32_t caller,
		  uint64_t position)
{
	struct klog_open *o = begin(k, row, caller, position);
	enum klog_kind kind = KLOG_NONE;

	if (row->kind == KLOG_WARNING || row->kind == KLOG_BUG)
		kind = klog_kind_of_file(t);
	o->report.kind = kind != KLOG_NONE ? kind : row->kind;
	o->report.fatal = row->flags & ROW_FATAL;
	o->died = row->flags & ROW_DIES;
	set_title(o, row, t);
	find_place(t, &o->at);
	find_access(&o->report, t);
	if (!(row->flags & ROW_PROBATION))
		confirm(k, o);
}

/* A panic is the same report as what led to it. */
static bool is_consequence(const struct klog_open *o, struct text panic)
{
	static const char *const texts[] = { "panic_on_warn", "Fatal exception", "Oops", "hung_task",
					     "softlockup",    "RCU Stall",	 "hard lockup",
					     "Hard LOCKUP",   "Attempted to kill", "UBSAN",
					     "KASAN",	      "kmsan",		 "kfence",
					     "scheduling while atomic", "Machine halted" };

	if (!o->confirmed || o->report.kind == KLOG_NONE)
		return o->cut_here;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (text_find(panic, texts[i]))
			return true;
	return o->report.fatal && !o->ended;
}

static bool may_die(const struct klog_open *o)
{
	switch (o->report.kind) {
	case KLOG_OOPS:
	case KLOG_BUG:
	case KLOG_LIST_CORRUPTION:
	case KLOG_USERCOPY:
	case KLOG_FORTIFY:
	case KLOG_SLUB:
	case KLOG_STACK_OVERFLOW:
	case KLOG_LOCKDEP: return !o->died && !o->trace_done;
	default: return false;
	}
}

/* A header that continues what is open. */
static bool join(struct klog *k, struct klog_open *o, const struct klog_row *row, struct text t)
{
	bool fresh = o->lines <= PREFACE && !o->report.n;

	if (row->flags & ROW_PANIC) {
		if (!is_consequence(o, t))
			return false;
		o->report.fatal = true;
		confirm(k, o);
		return true;
	}
	if (row->flags & ROW_DIES && may_die(o)) {
		o->died = o->report.fatal = true;
		confirm(k, o);
		return true;
	}
	if (row->flags & ROW_REFINES && fresh &&
	    (o->cut_here || o->report.kind == KLOG_WARNING || o->report.kind == KLOG_BUG)) {
		o->report.kind = row->kind;
		o->row = row;
		set_title(o, row, t);
		if (o->confirmed)
			confirm(k, o);
		return true;
	}
	if ((row->kind == KLOG_WARNING || row->kind == KLOG_BUG) && !(row->flags & ROW_MINOR) && fresh &&
	    (o->cut_here || (!o->confirmed && row_has(o, ROW_REFINES)))) {
		join_preface(k, o, row, t);
		return true;
	}
	if (row->flags & ROW_STALL && row->kind == o->report.kind && fresh)
		return true;
	return row->flags & (ROW_MINOR | ROW_PROBATION) && o->confirmed && !o->ended;
}

/* One line among those of another report. */
static void report_single(struct klog *k, struct klog_open *o, const struct klog_row *row,
			  struct text t, uint32_t caller, uint64_t position)
{
	start(k, row, t, caller, position);
	close_open(k, k->last);
	k->last = o;
}

static void handle_header(struct klog *k, struct klog_open *o, const struct klog_row *row,
			  struct text t, uint32_t caller, uint64_t position)
{
	if (o && join(k, o, row, t)) {
		o->lines++;
		touch(o, position);
		return;
	}
	if (o && o->confirmed && row->flags & ROW_SINGLE && !o->ended) {
		report_single(k, o, row, t, caller, position);
		return;
	}
	if (o && o->confirmed && !o->report.n && o->lines < PREFACE)
		o->report.corrupted = true;
	close_open(k, o);
	start(k, row, t, caller, position);
}

/* --- lines of a report ---------------------------------------------------------- */

static bool is_cut_here(struct text t)
{
	return text_starts(t, "------------[ cut here ]") || text_starts(t, "8<--- cut here ---");
}

static bool begins_trace(struct text t)
{
	static const char *const starts[] = { "Call Trace:", "Call trace:", "Backtrace:", "backtrace:",
					      "  backtrace", "stack backtrace:", "Call Trace (", "Trace:" };

	for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
		if (t.n && *starts[i] == *t.p && text_starts(t, starts[i]))
			return true;
	return false;
}

/* Parts of a report whose traces are somebody else's: who allocated, who held the lock. */
static bool begins_other_part(struct text t)
{
	static const char *const starts[] = { "Allocated", "Freed", "The buggy address", "Uninit was",
					      "Local variable", "kfence-#", "Last potentially",
					      "Second to last", "Memory state", "Showing all locks",
					      "page last ", "RCU grace-period kthread", "write to 0x",
					      "read to 0x", "Sending NMI", "Rebooting in" };

	for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
		if (t.n && *starts[i] == *t.p && text_starts(t, starts[i]))
			return true;
	return false;
}

static void push_frame(struct klog_open *o, const struct klog_frame *frame)
{
	struct klog_report *r = &o->report;

	if (row_has(o, ROW_STALL))
		follow_stall(o, frame);
	if (r->n == KLOG_MAX_FRAMES)
		r->truncated = true;
	else
		r->trace[r->n++] = *frame;
}

/* The grace-period thread of RCU is shown where it starved: a symptom. */
static void forget_gp_kthread(struct klog_open *o)
{
	for (size_t i = 0; i < o->report.n; i++)
		if (strcmp(o->report.trace[i].function, "rcu_gp_kthread") == 0)
			forget_frames(o);
}

static void begin_trace(struct klog_open *o)
{
	if (o->report.kind == KLOG_RCU_STALL)
		forget_gp_kthread(o);
	if (o->report.n)
		return;
	o->in_trace = true;
	o->trace_done = false;
}

static void end_trace(struct klog_open *o)
{
	o->trace_done |= o->report.n > 0;
	o->in_trace = false;
}

/* Sanitizers print the first trace without saying so. */
static bool takes_frames(const struct klog_open *o)
{
	if (o->in_trace)
		return true;
	switch (o->report.kind) {
	case KLOG_KFENCE:
	case KLOG_KMSAN:
	case KLOG_KCSAN:
	case KLOG_KASAN:
	case KLOG_BAD_PAGE: return !o->trace_done;
	default: return false;
	}
}

static void handle_pc(struct klog *k, struct klog_open *o, const struct klog_frame *pc)
{
	confirm(k, o);
	if (o->in_trace && o->report.n) {
		/* Within a trace: what an interrupt or a trap hit. */
		*o->stalled.function = '\0';
		o->stall_done = false;
		push_frame(o, pc);
	} else if (!*o->at.function && !o->trace_done) {
		o->at = *pc;
	}
}

/* "is trying to acquire lock:", and on the next line "... at: [<addr>] func+0x1/0x2" */
static void find_lock_place(struct klog_open *o, struct text t)
{
	struct klog_frame frame;
	struct text rest = t;

	if (*o->at.function && !klog_is_helper(o->report.kind, o->at.function))
		return;
	if (o->place_next) {
		text_after(t, " at: ", &rest);
		if (klog_parse_symbol(&rest, &frame) || klog_parse_frame(rest, &frame))
			o->at = frame;
	}
	o->place_next = text_find(t, "is trying to ") || text_find(t, " still held ") ||
			text_find(t, "already hold");
}

static void find_named_place(struct klog_open *o, struct text t)
{
	struct klog_frame frame;
	struct text rest;

	if (o->report.kind == KLOG_LOCKDEP)
		find_lock_place(o, t);
	if (text_take(&t, "caller is ") && klog_parse_symbol(&t, &frame))
		o->at = frame;
	else if (text_after(t, "last function: ", &rest))
		text_copy(o->report.function, sizeof(o->report.function), rest);
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

	if (klog_parse_frame(t, &frame)) {
		if (o->cut_here) /* the line that should have followed is lost */
			o->report.kind = KLOG_TRACE;
		o->report.corrupted |= o->cut_here;
		o->cut_here = false;
		push_frame(o, &frame);
		confirm(k, o);
		touch(o, position);
	} else if (klog_belongs(t) || klog_is_trace_filler(t)) {
		find_access(&o->report, t);
		touch(o, position);
	} else if (++o->other_lines > TRACE_GAP) {
		end_trace(o);
	}
}

static void handle_other(struct klog_open *o, struct text t, uint64_t position)
{
	if (klog_belongs(t))
		touch(o, position);
	else
		o->other_lines++;
	/* The first line of its message names a WARN() better than its place. */
	if (o->cut_here && !*o->report.title && t.n)
		text_copy(o->report.title, sizeof(o->report.title), t);
	find_named_place(o, t);
	find_access(&o->report, t);
}

static void handle_body(struct klog *k, struct klog_open *o, struct text t, uint64_t position)
{
	struct klog_frame pc;

	o->lines++;
	if (!t.n)
		return;
	if (text_starts(t, "---[ end ")) {
		o->ended = true;
		end_trace(o);
		touch(o, position);
	} else if (begins_trace(t)) {
		begin_trace(o);
		touch(o, position);
	} else if (begins_other_part(t) || is_user_mode(t)) {
		end_trace(o);
		touch(o, position);
	} else if (klog_parse_pc(t, &pc)) {
		handle_pc(k, o, &pc);
		touch(o, position);
	} else if (takes_frames(o)) {
		handle_trace_line(k, o, t, position);
	} else {
		if (proves_report(t) && !o->cut_here)
			confirm(k, o);
		handle_other(o, t, position);
	}
	if (o->other_lines > LINGER || (!o->confirmed && o->lines > PROBATION))
		close_open(k, o);
}

/* --- lines of a log ------------------------------------------------------------- */

static struct klog_open *find_open(struct klog *k, uint32_t caller)
{
	if (!caller)
		return k->last && k->last->used ? k->last : NULL;
	for (size_t i = 0; i < KLOG_MAX_OPEN; i++)
		if (k->open[i].used && k->open[i].caller == caller)
			return &k->open[i];
	return NULL;
}

static struct klog_open *find_stall(struct klog *k)
{
	for (size_t i = 0; i < KLOG_MAX_OPEN; i++)
		if (k->open[i].used && row_has(&k->open[i], ROW_STALL))
			return &k->open[i];
	return NULL;
}

/*
 * The other CPU answers from a context of its own: its trace is that of the
 * stall which asked for it.
 */
static struct klog_open *adopt_backtrace(struct klog *k, struct klog_open *o, uint32_t caller,
					 struct text t)
{
	struct klog_open *stall = o ? o : find_stall(k);

	if (!stall || stall->report.kind != KLOG_RCU_STALL || text_find(t, "skipped"))
		return o;
	forget_gp_kthread(stall);
	if (*stall->stalled.function)
		return o;
	stall->caller = caller;
	forget_frames(stall);
	stall->in_trace = stall->trace_done = false;
	return stall;
}

static const struct klog_row row_unannounced = { "", KLOG_TRACE, ROW_PROBATION, NULL, NULL };
static const struct klog_row row_silent = { "", KLOG_NONE, 0, NULL, NULL };
static const struct klog_row row_cut_here = { "", KLOG_NONE, ROW_PROBATION, NULL, NULL };
static const struct klog_row row_reboot = { "", KLOG_REBOOT, ROW_SINGLE | ROW_FATAL, NULL, NULL };

/* What no header row begins: a dump that nothing announced, or the line before a header. */
static void handle_unknown(struct klog *k, struct klog_open *o, uint32_t caller, struct text t,
			   uint64_t position)
{
	if (text_starts(t, "NMI backtrace for cpu "))
		o = adopt_backtrace(k, o, caller, t);
	if (is_cut_here(t)) {
		close_open(k, o);
		begin(k, &row_cut_here, caller, position)->cut_here = true;
	} else if (o) {
		handle_body(k, o, t, position);
	} else if (begins_trace(t) && !text_starts(t, "  ")) {
		const struct klog_row *row = find_stall(k) ? &row_silent : &row_unannounced;

		o = begin(k, row, caller, position);
		o->report.kind = row->kind;
		o->in_trace = true;
		text_copy(o->report.title, sizeof(o->report.title), t);
	}
}

/* The kernel's first words again, after others of it: it was started anew. */
static bool handle_banner(struct klog *k, const struct klog_prefix *prefix, struct text t,
			  uint64_t position)
{
	static const char *const orders[] = { "reboot: ", "Rebooting in ", "kexec_core: Starting new" };

	if (text_starts(t, "Linux version ") || text_starts(t, "Booting Linux on physical CPU")) {
		if (k->ran && !k->banner) {
			close_all(k);
			if (!k->ordered)
				start(k, &row_reboot, t, prefix->caller, position);
			close_all(k);
		}
		k->ran = k->ordered = false;
		k->banner = true;
		return true;
	}
	k->ran |= prefix->has_time || k->banner;
	k->banner = false;
	for (size_t i = 0; i < ARRAY_SIZE(orders); i++)
		k->ordered |= t.n && *t.p == *orders[i] && text_starts(t, orders[i]);
	return false;
}

/* `piece`: what another line was printed into, or a prefix that nobody knows. */
static void feed_one(struct klog *k, struct text line, bool piece, uint64_t position)
{
	struct klog_prefix prefix;
	struct text t = klog_strip_prefix(line, &prefix);
	const struct klog_row *row;
	struct klog_open *o;

	k->lines++;
	k->has_callers |= prefix.caller != 0;
	if (!piece && handle_banner(k, &prefix, t, position))
		return;
	o = find_open(k, prefix.caller);
	row = klog_find_row(t);
	if (row)
		handle_header(k, o, row, t, prefix.caller, position);
	else
		handle_unknown(k, o, prefix.caller, t, position);
}

/* Where "[   12.345678]" begins in the middle of a line, past its start; NULL: nowhere. */
static const char *find_stamp(struct text t)
{
	const char *end = t.p + t.n, *at = t.p;

	while (at < end && (at = memchr(at, '[', (size_t)(end - at))) != NULL) {
		const char *p = at + 1;
		size_t digits = 0;

		while (p < end && *p == ' ' && p - at < 8)
			p++;
		for (; p < end && *p >= '0' && *p <= '9' && digits < 10; p++)
			digits++;
		/* Six digits after the point make it printk's. */
		if (at > t.p && digits && end - p > 8 && *p == '.' && p[7] == ']' && p[8] == ' ')
			return at;
		at++;
	}
	return NULL;
}

/* A console may run two lines into one: the second begins with its time. */
static void feed_line(struct klog *k, struct text t, uint64_t position)
{
	const char *at;

	while ((at = find_stamp(t)) != NULL) {
		size_t before = (size_t)(at - t.p);
		struct text first = { t.p, before };

		/* "<4>", a date or a name before the first stamp are its prefix. */
		if (memchr(t.p, ' ', before) || *t.p == '[')
			feed_one(k, first, true, position);
		text_skip(&t, before);
	}
	feed_one(k, t, false, position);
}

void klog_feed(struct klog *k, const char *line, size_t n, uint64_t position)
{
	const char *end = line + n, *nl;

	for (; (nl = memchr(line, '\n', (size_t)(end - line))) != NULL; line = nl + 1)
		feed_line(k, (struct text){ line, (size_t)(nl - line) }, position);
	if (line < end || !n)
		feed_line(k, (struct text){ line, (size_t)(end - line) }, position);
}

void klog_flush(struct klog *k)
{
	close_all(k);
	k->last = NULL;
}
