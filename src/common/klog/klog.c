// SPDX-License-Identifier: GPL-2.0-only
#include "common/klog/internal.h"

#include "common/cleanup.h"

_Static_assert(sizeof(struct klog) < 16 * 1024, "the supervisor's memory is bounded");

void klog_init(struct klog *k, void (*on_report)(const struct klog_report *, void *), void *arg)
{
	memset(k, 0, sizeof(*k));
	k->on_report = on_report;
	k->arg = arg;
}

/* --- lines of a log ------------------------------------------------------------- */

static struct klog_open *find_open(struct klog *k, uint32_t caller)
{
	if (!caller)
		return k->last && k->last->used ? k->last : NULL;
	for (size_t i = 0; i < KLOG_MAX_OPEN; i++)
		if (k->open[i].used && !k->open[i].waits && k->open[i].caller == caller)
			return &k->open[i];
	return NULL;
}

static struct klog_open *find_stall(struct klog *k)
{
	for (size_t i = 0; i < KLOG_MAX_OPEN; i++)
		if (k->open[i].used && klog_row_has(&k->open[i], ROW_STALL))
			return &k->open[i];
	return NULL;
}

/* The other CPU answers in its own context: its trace belongs to the stall that asked for it. */
static struct klog_open *adopt_backtrace(struct klog *k, struct klog_open *o, uint32_t caller,
					 struct text t)
{
	struct klog_open *stall = o ? o : find_stall(k);

	if (!stall || stall->report.kind != KLOG_RCU_STALL || text_find(t, "skipped"))
		return o;
	klog_forget_gp_kthread(stall);
	if (*stall->stalled.function)
		return o;
	stall->caller = caller;
	klog_forget_frames(stall);
	stall->in_trace = stall->trace_done = false;
	return stall;
}

static const struct klog_row row_unannounced = { "", KLOG_TRACE, ROW_PROBATION, NULL, NULL };
static const struct klog_row row_silent = { "", KLOG_NONE, 0, NULL, NULL };
static const struct klog_row row_cut_here = { "", KLOG_NONE, ROW_PROBATION, NULL, NULL };
static const struct klog_row row_reboot = { "", KLOG_REBOOT, ROW_SINGLE | ROW_FATAL, NULL, NULL };
/* for a log that begins within a panic: all that it has of it */
static const struct klog_row row_panic_end = { "", KLOG_PANIC, ROW_SINGLE | ROW_FATAL, NULL, NULL };

static bool is_cut_here(struct text t)
{
	return text_starts(t, "------------[ cut here ]") || text_starts(t, "8<--- cut here ---");
}

/* A WARN() or BUG() follows. It may belong to the open report, which waits until that is known. */
static void begin_cut_here(struct klog *k, struct klog_open *o, uint32_t caller, uint64_t position)
{
	struct klog_open *cut;

	if (o && !o->confirmed && klog_row_has(o, ROW_REFINES) && o->lines <= KLOG_SOON)
		return; /* the finding was printed before */
	if (o && (!o->confirmed || o->report.kind == KLOG_NONE))
		klog_close(k, o);
	cut = klog_begin(k, &row_cut_here, caller, position);
	cut->cut_here = true;
	if (o && o != cut && o->used) {
		o->waits = true;
		cut->before = (uint8_t)(o - k->open + 1);
	}
}

/* on 32-bit arm; before 5.18 no line announces it */
static bool is_first_frame(struct text t)
{
	return text_starts(t, "[<") && text_find(t, "] (unwind_backtrace");
}

/* A line that matches no row: a dump without an announcement, or the line before a header. */
static void handle_unknown(struct klog *k, struct klog_open *o, uint32_t caller, struct text t,
			   uint64_t position)
{
	if (text_starts(t, "NMI backtrace for cpu "))
		o = adopt_backtrace(k, o, caller, t);
	if (is_cut_here(t)) {
		begin_cut_here(k, o, caller, position);
	} else if (o) {
		klog_handle_body(k, o, t, position);
	} else if (!k->ordered && text_starts(t, "---[ end Kernel panic")) {
		klog_start(k, &row_panic_end, t, caller, position);
	} else if ((klog_begins_trace(t) && *t.p != ' ') || is_first_frame(t)) {
		const struct klog_row *row = find_stall(k) ? &row_silent : &row_unannounced;

		o = klog_begin(k, row, caller, position);
		o->report.kind = row->kind;
		o->in_trace = true;
		text_copy(o->report.title, sizeof(o->report.title), t);
	}
}

/* Lines that may come before the banner of a log's first boot: microcode, random. */
#define EARLY_LINES 3

/* x86's decompressor, which has no clock yet */
static bool is_unpacked(const struct klog_prefix *prefix, struct text t)
{
	return !prefix->has_time &&
	       (text_starts(t, "Booting the kernel.") || text_starts(t, "Booting the kernel ("));
}

static void count_line(struct klog *k, bool is_kernels)
{
	if (k->ran <= EARLY_LINES)
		k->ran += is_kernels;
	k->banner = false;
}

/* The kernel's first line after other kernel lines: it was restarted. */
static bool handle_banner(struct klog *k, const struct klog_prefix *prefix, struct text t,
			  uint64_t position)
{
	static const char *const orders[] = { "reboot: ", "Rebooting in ",
					      "kexec_core: Starting new" };
	char c = t.n ? *t.p : '\0';

	if ((c == 'L' || c == 'B') &&
	    (text_starts(t, "Linux version ") || text_starts(t, "Booting Linux on physical CPU") ||
	     is_unpacked(prefix, t))) {
		if (k->ran > EARLY_LINES && !k->banner) {
			klog_close_all(k);
			/* Before 4.5, cgroups print a line between arm's two banners. */
			if (!k->ordered && !(k->version_due && c == 'L'))
				klog_start(k, &row_reboot, t, prefix->caller, position);
			klog_close_all(k);
		}
		k->ran = EARLY_LINES;
		k->ordered = false;
		k->version_due = c == 'B';
		k->banner = true;
		return true;
	}
	if (c == ' ' || !c) /* continues the line before, or is not the kernel's */
		return false;
	count_line(k, prefix->has_time || k->banner);
	for (size_t i = 0; i < ARRAY_SIZE(orders); i++)
		k->ordered |= c == *orders[i] && text_starts(t, orders[i]);
	return false;
}

/* `piece`: another line was printed into it, or its prefix is unknown. */
static void feed_one(struct klog *k, struct text line, bool piece, uint64_t position)
{
	struct klog_prefix prefix;
	struct text t = klog_strip_prefix(line, &prefix);
	const struct klog_row *row;
	struct klog_open *o;

	if (!piece && handle_banner(k, &prefix, t, position))
		return;
	o = find_open(k, prefix.caller);
	if (!o && !klog_may_begin(t))
		return;
	row = klog_find_row(t);
	if (row)
		klog_handle_header(k, o, row, t, prefix.caller, position);
	else
		handle_unknown(k, o, prefix.caller, t, position);
}

/* Finds "[   12.345678]" in a line, after its start; NULL: none. */
static const char *find_stamp(struct text t)
{
	const char *end = t.p + t.n, *at = t.p;

	/* Most lines have only one, at their start. */
	while (end - at >= 11 && (at = memchr(at, '[', (size_t)(end - at))) != NULL) {
		const char *p = at + 1;
		size_t digits = 0;

		while (p < end && *p == ' ' && p - at < 8)
			p++;
		for (; p < end && *p >= '0' && *p <= '9' && digits < 10; p++)
			digits++;
		/* Six digits after the point: printk's. */
		if (at > t.p && digits && end - p > 8 && *p == '.' && p[7] == ']' && p[8] == ' ')
			return at;
		at++;
	}
	return NULL;
}

/* A console may merge two lines: the second begins with its time. */
static void feed_stamped(struct klog *k, struct text t, uint64_t position)
{
	const char *at;

	if (t.n < KLOG_LEAST_LINE && !find_open(k, 0)) {
		count_line(k, k->banner);
		return;
	}
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

/* Skips a colour or another terminal command, which begins with ESC. */
static void skip_escape(struct text *t)
{
	char kind = t->n > 1 ? t->p[1] : '\0';

	text_skip(t, 2);
	if (kind == '[')
		while (t->n && (unsigned char)(*t->p - 0x40) > 0x7e - 0x40)
			text_skip(t, 1);
	else if (kind == ']')
		while (t->n && *t->p != '\a')
			text_skip(t, 1);
	if (kind == '[' || kind == ']')
		text_skip(t, 1);
}

/* Removes colours; text after a carriage return or a NUL is a line of its own. */
static void feed_unclean(struct klog *k, struct text t, uint64_t position)
{
	char line[1024]; /* the kernel does not print longer lines */
	size_t n = 0;

	while (t.n) {
		char c = *t.p;

		if (c == '\x1b') {
			skip_escape(&t);
			continue;
		}
		text_skip(&t, 1);
		if (c != '\r' && c != '\0') {
			line[n] = c;
			n += n < sizeof(line) - 1;
		} else if (n) {
			feed_stamped(k, (struct text){ line, n }, position);
			n = 0;
		}
	}
	if (n)
		feed_stamped(k, (struct text){ line, n }, position);
}

/* Does it lack carriage returns, NULs and ESCs? Checks eight bytes at a time: most lines do. */
static bool is_clean(struct text t)
{
	const uint64_t ones = ~0ull / 0xff;
	size_t i = 0;

	for (; i + 8 <= t.n; i += 8) {
		uint64_t w;

		memcpy(&w, t.p + i, 8);
		if ((w - ones * 0x20) & ~w & (ones << 7)) /* one byte is less than 0x20 */
			for (size_t j = i; j < i + 8; j++)
				if (t.p[j] == '\r' || !t.p[j] || t.p[j] == '\x1b')
					return false;
	}
	for (; i < t.n; i++)
		if (t.p[i] == '\r' || !t.p[i] || t.p[i] == '\x1b')
			return false;
	return true;
}

static void feed_line(struct klog *k, struct text t, uint64_t position)
{
	while (t.n && (t.p[t.n - 1] == '\r' || !t.p[t.n - 1]))
		t.n--;
	if (!t.n)
		return;
	if (is_clean(t))
		feed_stamped(k, t, position);
	else
		feed_unclean(k, t, position);
}

void klog_feed(struct klog *k, const char *line, size_t n, uint64_t position)
{
	const char *end = line + n, *nl;

	for (; (nl = memchr(line, '\n', (size_t)(end - line))) != NULL; line = nl + 1)
		if (nl > line)
			feed_line(k, (struct text){ line, (size_t)(nl - line) }, position);
	if (line < end)
		feed_line(k, (struct text){ line, (size_t)(end - line) }, position);
}

void klog_flush(struct klog *k)
{
	klog_close_all(k);
	k->last = NULL;
}
