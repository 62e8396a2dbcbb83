// SPDX-License-Identifier: GPL-2.0-only
/* Lines that begin a report, or add to the open one. */
#include "common/klog/internal.h"

#include "common/cleanup.h"

static void set_title(struct klog_open *o, const struct klog_row *row, struct text t)
{
	size_t n = strlen(row->text), cut = row->cut ? strlen(row->cut) : 0;
	struct text rest = t;
	const char *end;

	/* The cut text may be the end of the row's text, but not earlier. */
	text_skip(&rest, n > cut ? n - cut : 0);
	end = cut ? text_find(rest, row->cut) : NULL;
	if (end && end > t.p)
		t.n = (size_t)(end - t.p);
	text_take(&t, "[ ");
	text_copy(o->report.title, sizeof(o->report.title), t);
}

/* All words for an access contain one of these; most lines contain none. */
static bool may_tell_access(struct text t)
{
	return text_find(t, "rite") || text_find(t, "ead") || text_find(t, "exec") ||
	       text_find(t, "fetch") || text_find(t, "WnR");
}

void klog_find_access(struct klog_report *r, struct text t)
{
	static const struct {
		const char *text, *access;
	} words[] = {
		{ "Read of size ", "read" },     { "Write of size ", "write" },
		{ "read access", "read" },       { "write access", "write" },
		{ "instruction fetch", "exec" }, { " read in ", "read" },
		{ " write in ", "write" },       { "WnR = 0", "read" },
		{ "WnR = 1", "write" },          { "read of address", "read" },
		{ "Read at addr", "read" },      { "Write at addr", "write" },
		{ " when read", "read" },        { " when write", "write" },
		{ " when execute", "exec" },     { " execute from ", "exec" },
		{ "on read at ", "read" },       { "on write at ", "write" },
	};

	/* The access is printed before the trace. */
	if (*r->access || r->n ||
	    (r->kind != KLOG_OOPS && r->kind != KLOG_KASAN && r->kind != KLOG_KFENCE) ||
	    !may_tell_access(t))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (text_find(t, words[i].text))
			strcpy(r->access, words[i].access);
}

/* The message that a WARN() printed before its line makes a better title than the line. */
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

/* The WARNING or BUG line that follows a description of what is broken, or a "cut here" line. */
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
	if (!*o->at.function)
		klog_find_place(t, &o->at);
	klog_confirm(k, o);
}

void klog_start(struct klog *k, const struct klog_row *row, struct text t, uint32_t caller,
		uint64_t position)
{
	struct klog_open *o = klog_begin(k, row, caller, position);
	enum klog_kind kind = KLOG_NONE;

	if (row->kind == KLOG_WARNING || row->kind == KLOG_BUG)
		kind = klog_kind_of_file(t);
	o->report.kind = kind != KLOG_NONE ? kind : row->kind;
	o->report.fatal = row->flags & ROW_FATAL;
	o->died = row->flags & ROW_DIES;
	set_title(o, row, t);
	if (!klog_find_place(t, &o->at) && row->kind == KLOG_KCSAN)
		klog_name_race(o, t);
	klog_find_access(&o->report, t);
	klog_note_address(o, t);
	if (!(row->flags & ROW_PROBATION) && !(row->flags & ROW_PLACED && !*o->at.function))
		klog_confirm(k, o);
}

/* A panic belongs to the report that led to it. */
static bool is_consequence(const struct klog_open *o, struct text panic)
{
	static const char *const texts[] = { "panic_on_warn",
					     "Fatal exception",
					     "Oops",
					     "hung_task",
					     "softlockup",
					     "RCU Stall",
					     "hard lockup",
					     "Hard LOCKUP",
					     "Attempted to kill",
					     "UBSAN",
					     "Aiee, killing interrupt handler",
					     "workqueue",
					     "KASAN",
					     "kasan",
					     "kmsan",
					     "kfence",
					     "scheduling while atomic",
					     "Machine halted" };

	if (!o->confirmed || o->report.kind == KLOG_NONE)
		return o->cut_here;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (text_find(panic, texts[i]))
			return true;
	return o->report.fatal && !o->ended;
}

/* Finds the cause of a panic whose context has no report of its own. */
static struct klog_open *find_cause(struct klog *k, struct text panic)
{
	for (size_t i = 0; i < KLOG_MAX_OPEN; i++)
		if (k->open[i].used && is_consequence(&k->open[i], panic))
			return &k->open[i];
	return NULL;
}

static bool may_die(const struct klog_open *o)
{
	if (o->went_on)
		return !o->died;
	switch (o->report.kind) {
	case KLOG_OOPS:
	case KLOG_BUG:
	case KLOG_LIST_CORRUPTION:
	case KLOG_USERCOPY:
	case KLOG_FORTIFY:
	case KLOG_SLUB:
	case KLOG_UBSAN:
	case KLOG_STACK_OVERFLOW:
	case KLOG_LOCKDEP: return !o->died && !o->trace_done;
	default: return false;
	}
}

/* A symbolized log repeats the header for each inlined function; only the last has "+0x". */
static bool is_said_again(const struct klog_open *o, struct text t)
{
	switch (o->report.kind) {
	case KLOG_KASAN:
	case KLOG_KMSAN:
	case KLOG_KCSAN:
	case KLOG_KFENCE: return !*o->at.function && text_starts(t, o->report.title);
	default: return false;
	}
}

/* A header that continues the open report. */
static bool join(struct klog *k, struct klog_open *o, const struct klog_row *row, struct text t)
{
	bool fresh = o->lines <= KLOG_SOON && !o->report.n;

	if (klog_is_sequel(o, row, t)) {
		klog_take_sequel(o, row, t);
		return true;
	}
	if (row->flags & ROW_PANIC) {
		if (!is_consequence(o, t))
			return false;
		o->report.fatal = true;
		klog_confirm(k, o);
		return true;
	}
	if (row->flags & ROW_DIES && may_die(o)) {
		o->died = o->report.fatal = true;
		klog_confirm(k, o);
		return true;
	}
	if (row->flags & ROW_REFINES && fresh &&
	    (o->cut_here || o->report.kind == KLOG_WARNING || o->report.kind == KLOG_BUG)) {
		o->report.kind = row->kind;
		o->row = row;
		set_title(o, row, t);
		klog_find_place(t, &o->at);
		if (o->confirmed)
			klog_confirm(k, o);
		return true;
	}
	if ((row->kind == KLOG_WARNING || row->kind == KLOG_BUG) && !(row->flags & ROW_MINOR) &&
	    fresh && (o->cut_here || (!o->confirmed && klog_row_has(o, ROW_REFINES)))) {
		join_preface(k, o, row, t);
		return true;
	}
	if (row->flags & ROW_STALL && row->kind == o->report.kind && fresh)
		return true;
	if (row == o->row && fresh && is_said_again(o, t)) {
		klog_find_place(t, &o->at);
		return true;
	}
	/* Memory leaks: a summary first, then each object. */
	if (row->kind == KLOG_KMEMLEAK && !(row->flags & ROW_SINGLE) && fresh &&
	    o->report.kind == KLOG_KMEMLEAK && klog_row_has(o, ROW_SINGLE)) {
		o->row = row;
		return true;
	}
	/* The same report, repeated every ten seconds or so. */
	if (row->flags & ROW_SINGLE && row->cut && row == o->row && text_starts(t, o->report.title))
		return true;
	/* A dump that is not a complaint must not hide a report that follows it. */
	if (o->report.kind == KLOG_NONE)
		return row->flags & ROW_MINOR && o->confirmed;
	return row->flags & (ROW_MINOR | ROW_PROBATION) && o->confirmed && !o->ended;
}

/*
 * The header after a "cut here" line, or its message before that, has arrived: does it
 * continue the report that waited? Returns the report that is now open.
 */
static struct klog_open *settle(struct klog *k, struct klog_open *o, const struct klog_row *row,
				struct text t)
{
	struct klog_open *before = &k->open[o->before - 1];

	if (row->flags & ROW_REFINES || !o->cut_here || o->announced)
		return o; /* too early; or too late, since it is already a report */
	o->before = 0;
	before->waits = false;
	if (!klog_is_sequel(before, row, t)) {
		klog_close(k, before);
		return o;
	}
	o->used = false;
	k->last = before;
	return before;
}

/* A one-line report among the lines of another report. */
static void report_single(struct klog *k, struct klog_open *o, const struct klog_row *row,
			  struct text t, uint32_t caller, uint64_t position)
{
	klog_start(k, row, t, caller, position);
	klog_close(k, k->last);
	k->last = o;
}

void klog_handle_header(struct klog *k, struct klog_open *o, const struct klog_row *row,
			struct text t, uint32_t caller, uint64_t position)
{
	if (!o && row->flags & ROW_PANIC)
		o = find_cause(k, t);
	if (o && o->before)
		o = settle(k, o, row, t);
	if (row->kind == KLOG_NONE && row->flags & ROW_SINGLE)
		return; /* what follows does not belong to it */
	/*
	 * An out-of-memory dump in parallel: without contexts it cannot be told apart, and the
	 * trace continues.
	 */
	if (o && row->kind == KLOG_NONE && o->confirmed && o->in_trace && o->report.n) {
		o->other_lines++;
		return;
	}
	/* In a flood of lines that only look like headers, only the last is considered. */
	if (o && o->row == row && row->flags == ROW_PROBATION && !o->confirmed && !o->lines &&
	    !o->cut_here && !*o->at.function) {
		o->report.start = o->report.end = position;
		set_title(o, row, t);
		klog_find_place(t, &o->at);
		return;
	}
	if (o && join(k, o, row, t)) {
		if (o->report.kind == KLOG_SLUB)
			klog_find_owner(o, t);
		o->lines++;
		klog_touch(o, position);
		return;
	}
	if (o && o->confirmed && row->flags & ROW_SINGLE && !o->ended) {
		report_single(k, o, row, t, caller, position);
		return;
	}
	if (o && o->confirmed && !o->report.n && o->lines < KLOG_SOON)
		o->report.corrupted = true;
	klog_close(k, o);
	klog_start(k, row, t, caller, position);
}
