/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the parts of klog: the tables, and the parsing of frames. */
#ifndef OUTPOST_KLOG_INTERNAL_H
#define OUTPOST_KLOG_INTERNAL_H

#include "common/klog/klog.h"

enum {
	ROW_FATAL = 1 << 0,     /* the task or the kernel does not continue */
	ROW_PROBATION = 1 << 1, /* others print such text, too: wait for what follows */
	ROW_REFINES = 1 << 2,   /* specifies what an open warning or bug is */
	ROW_DIES = 1 << 3,      /* the Oops line that follows other headers */
	ROW_PANIC = 1 << 4,     /* joins whatever report led to it */
	ROW_STALL = 1 << 5,     /* the exact place is random; the entry into the subsystem counts */
	ROW_MINOR = 1 << 6,     /* not a separate report within another */
	ROW_SINGLE = 1 << 7,    /* the report is one line */
	ROW_BRIEF = 1 << 8,     /* may come without a trace */
	ROW_PREFACE = 1 << 9,   /* a fault of the same event may follow at once */
	ROW_PLACED = 1 << 10,   /* certain if it names a function, else as ROW_PROBATION */
};

/* A fault "at once" comes within this many lines after the header. */
#define KLOG_SOON 8

struct klog_row {
	const char *text; /* how the line begins */
	enum klog_kind kind;
	unsigned int flags;
	const char *with; /* must occur in the rest of the line; NULL: nothing */
	const char *cut;  /* the title ends before this; NULL: at the line's end */
};

static inline bool klog_row_has(const struct klog_open *o, unsigned int flags)
{
	return o->row && o->row->flags & flags;
}

/* --- klog_report.c: reports begin and end --- */

/* Takes a slot for a report; closes the oldest if all are in use. */
struct klog_open *klog_begin(struct klog *k, const struct klog_row *row, uint32_t caller,
			     uint64_t position);

/* The report is certain: counts it in `begun`, once. */
void klog_confirm(struct klog *k, struct klog_open *o);

/* The line at `position` belongs to the report. */
void klog_touch(struct klog_open *o, uint64_t position);

/* Ends the report and passes it on, if it was one. `o` may be NULL. */
void klog_close(struct klog *k, struct klog_open *o);
void klog_close_all(struct klog *k); /* in the order of their beginning */

bool klog_same_place(const struct klog_frame *a, const struct klog_frame *b);

/* For ROW_STALL: call with one frame after the other. */
void klog_follow_stall(struct klog_open *o, const struct klog_frame *frame);
void klog_forget_stall(struct klog_open *o);
void klog_forget_frames(struct klog_open *o);

/* --- header.c, body.c: lines --- */

void klog_start(struct klog *k, const struct klog_row *row, struct text t, uint32_t caller,
		uint64_t position);
/* A line that matches a row; `o` is the open report in its context, or NULL. */
void klog_handle_header(struct klog *k, struct klog_open *o, const struct klog_row *row,
			struct text t, uint32_t caller, uint64_t position);
void klog_handle_body(struct klog *k, struct klog_open *o, struct text t, uint64_t position);
void klog_find_access(struct klog_report *r, struct text t);
bool klog_begins_trace(struct text t);
void klog_forget_gp_kthread(struct klog_open *o);

/* --- said_place.c: the location, as printed in the text --- */

/* "... in func+0x1/0x2", "... at file.c:12 func+0x1/0x2", "file.c:12 at func+0x1/0x2" */
bool klog_find_place(struct text line, struct klog_frame *frame);
/* Chooses the relevant one of the two functions in a KCSAN header. */
void klog_name_race(struct klog_open *o, struct text header);
/* A line within a report that names the place of a lock, a work item or a caller. */
void klog_find_named_place(struct klog_open *o, struct text t);
/* Finds out whose the broken object is. */
void klog_find_owner(struct klog_open *o, struct text t);

/* --- sequel.c: one event in two dumps --- */

/* Does the header that matched `row` belong to the event that `o` has reported? */
bool klog_is_sequel(const struct klog_open *o, const struct klog_row *row, struct text t);
void klog_take_sequel(struct klog_open *o, const struct klog_row *row, struct text t);

/* Notes the accessed address if the line contains it. */
void klog_note_address(struct klog_open *o, struct text t);

/* --- klog_table.c: the headers --- */

#define KLOG_MAX_ROWS 0xff

extern const struct klog_row klog_rows[];
extern const size_t klog_n_rows;

/* Rows for lines that begin with a task's name: searched for after the name. */
extern const struct klog_row klog_rows_after_task[];
extern const size_t klog_n_rows_after_task;
extern const struct klog_row klog_row_oom_killer; /* without a colon after the name */

/* --- lookup.c, kind.c, belongs.c, helpers.c, klog_frame.c: what text means --- */

/* A line that occurs within reports: registers, indented text and so on. */
bool klog_belongs(struct text text);

/* The shortest line that could begin a report. */
#define KLOG_LEAST_LINE 8

/* A fast check: most lines between reports cannot begin one. */
bool klog_may_begin(struct text text);

/* The row whose text begins `text`, or NULL. */
const struct klog_row *klog_find_row(struct text text);

/* The kind of warnings and bugs in a source file ("lib/refcount.c"); KLOG_NONE: no special one. */
enum klog_kind klog_kind_of_file(struct text path);

/* A function that reports, checks or dispatches: not the location of the fault. */
bool klog_is_helper(enum klog_kind kind, const struct klog_frame *frame);

/* The same for the trace of a page's allocation. */
bool klog_is_page_helper(const struct klog_frame *frame);

/* Functions that call into a subsystem from outside: the stall is in the frame before one. */
bool klog_is_dispatcher(const char *function);

/* The entry of an interrupt or fault: the frames that follow show what it hit. */
bool klog_is_entry(const char *function);

/* Functions that detect and report stalls in an interrupt that hit the stalled function. */
bool klog_is_detector(const char *function);

/*
 * Takes "func+0x1f/0x20 [module]" or "func (file.c:12) module"; false, and nothing changed, if
 * `t` does not begin with one.
 */
bool klog_parse_symbol(struct text *t, struct klog_frame *frame);

/* A line of a call trace, except for a frame that the unwinder doubts ("? func"). */
bool klog_parse_frame(struct text line, struct klog_frame *frame);

/* A frame that the unwinder doubts. */
bool klog_parse_doubtful(struct text line, struct klog_frame *frame);

/* A line that can only be a frame: after an address in brackets, or arm's "f from g". */
bool klog_is_bare_frame(struct text line);

/* arm's "f from g" */
bool klog_is_call_from(struct text line);

/* "name [module]", without an offset. */
bool klog_parse_name(struct text *t, struct klog_frame *frame);

/* A line that may occur in a trace but names no usable frame. */
bool klog_is_trace_filler(struct text line);

/* "RIP: 0010:func+...", "pc : func+...", "PC is at func+...", "IP: func+...": kernel mode only. */
bool klog_parse_pc(struct text line, struct klog_frame *frame);

/* The same with an address outside any function: "pc : 0xffff800000d6c000". 0: not such a line. */
uint64_t klog_parse_raw_pc(struct text line);

/* "lr : func+...": the link register. */
bool klog_parse_link(struct text line, struct klog_frame *frame);

/* The name without ".isra.0" and similar suffixes. */
void klog_plain_name(char *to, size_t size, const char *function);

#endif
