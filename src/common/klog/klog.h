/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds kernel reports in a log: an Oops, a BUG, a WARNING, a panic, what the
 * sanitizers and lock checkers say, and so on. Fed line by line; nothing is
 * allocated, the state is below 16 KiB, and each line costs time in proportion
 * to its length. The same code serves the supervisor's stream, the host's
 * evidence and `outpost klog`.
 *
 * How it works: a line that begins with a row of the header table (klog_table.c)
 * opens a report; the lines that follow in the same context (PRINTK_CALLER, where
 * the kernel prints it) give it its frames. Text that only looks like a header
 * opens a report on probation, which is dropped unless registers, a "CPU:"
 * line or a call trace follow. Rows of kind KLOG_NONE do the same for dumps that are
 * no complaint (those of sysrq, fault injection), so that their traces count for nothing.
 */
#ifndef OUTPOST_KLOG_H
#define OUTPOST_KLOG_H

#include "common/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KLOG_MAX_FRAMES    24
#define KLOG_FUNCTION_SIZE 64 /* longer names are cut */
#define KLOG_MODULE_SIZE   56 /* MODULE_NAME_LEN of a 64-bit kernel */
#define KLOG_TITLE_SIZE    160
#define KLOG_MAX_OPEN      4 /* reports of different contexts at one time */

/* The words that stand for them are in klog_kind_name(); docs/klog.md says what each is. */
enum klog_kind {
	KLOG_NONE,
	KLOG_OOPS,
	KLOG_BUG,
	KLOG_WARNING,
	KLOG_PANIC,
	KLOG_KASAN,
	KLOG_KMSAN,
	KLOG_KCSAN,
	KLOG_KFENCE,
	KLOG_UBSAN,
	KLOG_SLUB,
	KLOG_KMEMLEAK,
	KLOG_LOCKDEP,
	KLOG_ATOMIC_SLEEP,
	KLOG_RCU_STALL,
	KLOG_SOFT_LOCKUP,
	KLOG_HARD_LOCKUP,
	KLOG_HUNG_TASK,
	KLOG_WORKQUEUE_LOCKUP,
	KLOG_LIST_CORRUPTION,
	KLOG_REFCOUNT,
	KLOG_STACK_OVERFLOW,
	KLOG_STACK_CORRUPTION,
	KLOG_USERCOPY,
	KLOG_FORTIFY,
	KLOG_BAD_PAGE,
	KLOG_ODEBUG,
	KLOG_NETDEV_WAIT,
	KLOG_REBOOT,
	KLOG_TRACE, /* a call trace that nothing announced */
	KLOG_N_KINDS,
};

struct klog_frame {
	char function[KLOG_FUNCTION_SIZE]; /* as printed, with .isra and the like */
	char module[KLOG_MODULE_SIZE];     /* "" for the kernel itself */
	uint32_t offset, size;             /* bytes; size 0: not printed */
	bool decoded;                      /* somebody replaced the offset by a source line */
	bool exact; /* where an instruction faulted or was interrupted; else the one after a call */
};

struct klog_report {
	enum klog_kind kind;
	char title[KLOG_TITLE_SIZE]; /* raw text of the board's: clean it before a terminal sees it
				      */
	char function[KLOG_FUNCTION_SIZE]; /* where it happened, without compiler suffixes; "" if
					      unknown */
	char module[KLOG_MODULE_SIZE];     /* that function's; "" if unknown or the kernel itself */
	char access[8];                    /* "read", "write", "exec" or "" */
	uint64_t
		pc; /* the instruction's address, where the kernel has no function for it; else 0 */
	bool fatal; /* the kernel, or the task it happened in, did not go on */
	bool corrupted;      /* cut off or mixed with another: function and trace are doubtful */
	bool truncated;      /* there were more frames */
	uint64_t start, end; /* positions of its first and last line, as the caller counts */
	/* The innermost first: where that is known, the instruction itself. */
	struct klog_frame trace[KLOG_MAX_FRAMES];
	size_t n;
};

/* A report being collected. Private to this folder. */
struct klog_open {
	struct klog_report report;
	const struct klog_row *row;
	uint64_t address;         /* of the access, for KASAN; 0 if unknown */
	uint32_t caller;          /* context, 0 if the log does not say */
	unsigned int other_lines; /* in a row that could not belong to it */
	unsigned int lines;       /* since the header */
	bool used;
	bool confirmed;       /* the header alone, or what followed, makes it a report */
	bool cut_here;        /* only "[ cut here ]" was seen so far */
	bool in_trace;        /* frames are taken */
	bool trace_done;      /* they were, and something else followed */
	bool died;            /* an Oops line was seen: a second one is another report */
	bool ended;           /* "---[ end trace" */
	bool announced;       /* `begun` counts it */
	bool place_next;      /* the next line says where a lock was taken */
	bool stall_done;      /* `stalled` is final */
	bool in_detector;     /* the trace began in the interrupt that found the stall */
	bool link_waits;      /* trace[1]: who may have called `at`, of a module */
	bool named;           /* `at` is what it says of itself, helper or not */
	bool place_in_trace;  /* the next trace says where a lock was taken */
	bool owned;           /* `doubtful` is whose the broken object is */
	bool waits;           /* whether what is cut here goes on with it */
	bool went_on;         /* in a second dump: sequel.c */
	uint8_t warned;       /* who did, of the second dump */
	uint8_t before;       /* the slot of what waits for this one, from 1; 0: nothing */
	struct klog_frame at; /* of the header, or an instruction pointer */
	struct klog_frame stalled_above; /* of an interrupt or fault, should no call be below */
	struct klog_frame stalled;       /* for ROW_STALL; function "" while there is none */
	/* The first "? func", for a trace that has nothing better; "" while there is none. */
	struct klog_frame doubtful;
};

struct klog {
	void (*on_report)(const struct klog_report *, void *);
	void *arg;
	/*
	 * Reports begun so far. It rises with the line that makes one certain,
	 * long before on_report() is called: the supervisor acts on it.
	 */
	uint64_t begun;

	struct klog_open open[KLOG_MAX_OPEN];
	struct klog_open *last; /* where a line without context belongs */
	uint8_t ran;            /* kernel lines since the last boot banner, as far as it matters */
	bool ordered;           /* a crash or an ordered restart explains the next banner */
	bool banner;            /* the last kernel line was one */
	bool version_due;       /* "Booting Linux" was, "Linux version" of the same boot was not */
};

void klog_init(struct klog *k, void (*on_report)(const struct klog_report *, void *), void *arg);

/*
 * One line (or one record, which may hold several), with or without newline and
 * prefix. `position` is the caller's: a line number or a sequence number, or
 * whatever rises.
 */
void klog_feed(struct klog *k, const char *line, size_t n, uint64_t position);

/* No more will come, or the window ends: what is open is reported. */
void klog_flush(struct klog *k);

/* Puts a frame before the others, of which the last goes where there is no room. */
void klog_add_first_frame(struct klog_report *report, const struct klog_frame *frame);

/* "oops", "soft-lockup": the word used in JSON and everywhere. */
const char *klog_kind_name(enum klog_kind kind);

/*
 * Takes off what stands before the kernel's text: "[   12.345678] ", all times of
 * dmesg(1) and journalctl(1), "<4>", "kern  :warn  : ", the fields of a raw
 * /dev/kmsg record, "[  T123]"; carriage returns, NULs and colours at both ends.
 */
struct klog_prefix {
	uint32_t caller; /* T123 or C0 as one number; 0 if there is none */
	bool has_time;   /* a kernel timestamp: seconds since boot */
};

struct text klog_strip_prefix(struct text line, struct klog_prefix *prefix);

#endif
