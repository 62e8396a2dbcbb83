/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds kernel reports in a log: Oops, BUG, WARNING, panic, reports of sanitizers and lock
 * checkers, and so on. Fed line by line; nothing is allocated, the state is below 16 KiB, and the
 * time for a line is proportional to its length. The supervisor, the host's evidence and
 * `outpost klog` use the same code.
 *
 * How it works: a line that begins with a row of the header table (klog_table.c) opens a report;
 * the lines that follow in the same context (PRINTK_CALLER, if the kernel prints it) provide its
 * frames. Text that only looks like a header opens a report on probation, which is dropped unless
 * registers, a "CPU:" line or a call trace follow. Rows of kind KLOG_NONE do the same for dumps
 * that do not report a fault (sysrq, fault injection), so that their traces are ignored.
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

/* klog_kind_name() has their names; docs/klog.md describes each. */
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
	KLOG_TRACE, /* a call trace without an announcement */
	KLOG_N_KINDS,
};

struct klog_frame {
	char function[KLOG_FUNCTION_SIZE]; /* as printed, with .isra and similar suffixes */
	char module[KLOG_MODULE_SIZE];     /* "" for the kernel itself */
	uint32_t offset, size;             /* bytes; size 0: not printed */
	bool decoded;                      /* a tool replaced the offset with a source line */
	bool exact; /* where an instruction faulted or was interrupted; else after a call */
};

struct klog_report {
	enum klog_kind kind;
	char title[KLOG_TITLE_SIZE];       /* raw text from the board: clean it for a terminal */
	char function[KLOG_FUNCTION_SIZE]; /* the location, without suffixes; "": unknown */
	char module[KLOG_MODULE_SIZE];     /* of the function; "" if unknown or the kernel itself */
	char access[8];                    /* "read", "write", "exec" or "" */
	uint64_t pc;         /* the instruction's address if it is outside any function; else 0 */
	bool fatal;          /* the kernel, or the task, did not continue */
	bool corrupted;      /* cut off or mixed with another: function and trace are unreliable */
	bool truncated;      /* there were more frames */
	uint64_t start, end; /* positions of its first and last line, as the caller counts */
	/* Innermost first; this is the instruction itself, if it is known. */
	struct klog_frame trace[KLOG_MAX_FRAMES];
	size_t n;
};

/* A report being collected. Private to this folder. */
struct klog_open {
	struct klog_report report;
	const struct klog_row *row;
	uint64_t address;         /* of the access, for KASAN; 0 if unknown */
	uint32_t caller;          /* context, 0 if the log does not say */
	unsigned int other_lines; /* lines in a row that cannot belong to it */
	unsigned int lines;       /* since the header */
	bool used;
	bool confirmed;       /* the header alone, or what followed, proves the report */
	bool cut_here;        /* only "[ cut here ]" has been seen */
	bool in_trace;        /* frames are being read */
	bool trace_done;      /* frames were read, and something else followed */
	bool died;            /* an Oops line was seen: another one is another report */
	bool ended;           /* "---[ end trace" */
	bool announced;       /* counted in `begun` */
	bool place_next;      /* the next line has the place where a lock was taken */
	bool stall_done;      /* `stalled` is final */
	bool in_detector;     /* the trace began in the interrupt that found the stall */
	bool link_waits;      /* trace[1] may be the caller of `at`, in a module */
	bool named;           /* `at` is from the report's own text, even if a helper */
	bool place_in_trace;  /* the next trace shows where a lock was taken */
	bool owned;           /* `doubtful` is the owner of the broken object */
	bool waits;           /* until it is known whether a "cut here" belongs to it */
	bool went_on;         /* in a second dump: sequel.c */
	uint8_t warned;       /* reporters seen in the second dump */
	uint8_t before;       /* the slot of the report that waits for this one, from 1; 0: none */
	struct klog_frame at; /* of the header, or an instruction pointer */
	struct klog_frame stalled_above; /* above an interrupt or fault; used if nothing is below */
	struct klog_frame stalled;       /* for ROW_STALL; function "": none yet */
	/* The first "? func", for a trace without anything better; "": none yet. */
	struct klog_frame doubtful;
};

struct klog {
	void (*on_report)(const struct klog_report *, void *);
	void *arg;
	/*
	 * Number of reports begun so far. It increases with the line that makes a report
	 * certain, long before on_report() is called: the supervisor relies on it.
	 */
	uint64_t begun;

	struct klog_open open[KLOG_MAX_OPEN];
	struct klog_open *last; /* the report of lines without a context */
	uint8_t ran;            /* kernel lines since the last boot banner, up to EARLY_LINES + 1 */
	bool ordered;           /* a crash or an ordered restart explains the next banner */
	bool banner;            /* the last kernel line was a banner */
	bool version_due;       /* seen "Booting Linux", but not "Linux version" of the same boot */
};

void klog_init(struct klog *k, void (*on_report)(const struct klog_report *, void *), void *arg);

/*
 * Feeds a line (or a record, which may have several), with or without newline and prefix.
 * `position` is any increasing number: of the line, or a sequence number.
 */
void klog_feed(struct klog *k, const char *line, size_t n, uint64_t position);

/* Ends the input, or the window: reports what is open. */
void klog_flush(struct klog *k);

/* Inserts a frame before the others; if there are too many, drops the last. */
void klog_add_first_frame(struct klog_report *report, const struct klog_frame *frame);

/* The name used in JSON and everywhere else: "oops", "soft-lockup". */
const char *klog_kind_name(enum klog_kind kind);

/*
 * Removes everything before the kernel's text: "[   12.345678] ", all times of dmesg(1) and
 * journalctl(1), "<4>", "kern  :warn  : ", the fields of a raw /dev/kmsg record, "[  T123]";
 * also carriage returns, NULs and colours at both ends.
 */
struct klog_prefix {
	uint32_t caller; /* T123 or C0 as one number; 0 if there is none */
	bool has_time;   /* a kernel timestamp: seconds since boot */
};

struct text klog_strip_prefix(struct text line, struct klog_prefix *prefix);

#endif
