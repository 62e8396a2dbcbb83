/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a journal says about each attempt at a module, sorted for the verdict. Nothing is
 * judged here.
 *
 * Each part is filled by one file, from journal entries only, and read by all: what is not in
 * a journal cannot affect a verdict.
 */
#ifndef OUTPOST_EVIDENCE_H
#define OUTPOST_EVIDENCE_H

#include "common/proto.h"
#include "common/strbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct evidence_step {
	bool begun, ended;
	uint32_t done;       /* repetitions that ended */
	outpost_StepEnd end; /* the first that failed, else the last; valid if ended */
	uint64_t begin_us;
	uint64_t duration_us; /* of all repetitions */
};

struct evidence_record {
	uint64_t sequence;
	uint64_t time_us;
	uint32_t level;
	bool user;             /* written to /dev/kmsg by user space */
	size_t marks;          /* steps begun when it was journaled */
	size_t offset, length; /* of the text in evidence_log.text */
};

/* The start of a step: shows in which step a log line was written. */
struct evidence_mark {
	uint64_t time_us;
	outpost_Step step;
};

/* What the supervisor did with the module and found. evidence_trial.c */
struct evidence_trial {
	bool ended; /* ModuleEnd: the board recorded a result */
	outpost_ModuleEnd end;
	uint64_t end_us;
	bool has_before, has_after;
	outpost_State before, after;
	struct evidence_step steps[6]; /* by outpost_Step */
	struct evidence_mark *marks;   /* all repetitions, in order */
	size_t n_marks;
	struct strbuf output; /* of the test program */
	bool output_truncated;
	char **leftovers;
};

/* The kernel log of the window. evidence_log.c */
struct evidence_log {
	struct evidence_record *records; /* in order */
	size_t n_records;
	struct strbuf text; /* of all records */
	uint64_t lost;      /* records */
	size_t lost_marks;  /* steps begun when the first loss was noticed */
	bool kept_back;     /* some were dropped because there were too many */
};

/* The boot that the attempt ran in, and how it ended according to the board. evidence_board.c */
struct evidence_board {
	char boot_id[40], nonce[40]; /* when the module began */
	uint32_t watchdog_s;         /* time-out of the armed watchdog; 0: not armed */
	bool rebooted;               /* unexpectedly: the next Boot entry has another boot_id */
	bool restored;               /* same boot_id, another nonce: restored from a snapshot */
	bool reboot_ordered; /* by the supervisor, after this module; the reason is in reboot_why */
	char reboot_why[128];
	bool has_down;
	int64_t down_ms; /* from the last sign of life to the start of the next boot */
	bool has_skew;
	int64_t skew_us; /* clock of the entries minus clock of the kernel log */
};

struct evidence_file {
	char name[64];
	size_t offset, length; /* in evidence_survivors.data */
};

/* What survived the crash: the pstore files, unchanged. evidence_board.c */
struct evidence_survivors {
	struct strbuf data;
	struct evidence_file *files;
	size_t n;
};

/* From Recovery entries: what only the host knows. evidence_host.c */
struct evidence_host {
	char *tried;       /* to get the board back, in words; NULL: nothing */
	bool power_cycled; /* successfully */
	bool cut_off;      /* the board had not hung, only the link was dead */
	bool unreachable;  /* the board was not seen again; later entries do not change that */
	bool rebooted;     /* the board was found in another boot that was not ordered */
	bool has_down;
	int64_t down_ms; /* as in evidence_board, by the host's clock, which is more reliable */
	bool lost;       /* at the end of the journal, the board cannot be reached */
	bool cancelled;  /* at the end of the journal, the user has interrupted the run */
};

/* From the RunEnd of the run that the attempt was part of. evidence.c */
struct evidence_run {
	bool cancelled;
	char why[256]; /* why the run could not continue; "": it could */
};

struct evidence {
	/* Known at the start and constant. evidence.c */
	outpost_PlanModule plan;
	const outpost_PlanModule *modules; /* the whole plan; owned by the list */
	size_t n_modules;
	uint32_t repeat;
	outpost_Purpose purpose;
	uint32_t attempt;
	uint64_t begin_us;

	struct evidence_trial trial;
	struct evidence_log log;
	struct evidence_board board;
	struct evidence_survivors survivors;
	struct evidence_host host;
	struct evidence_run run;
};

/* All attempts in a journal, in order. */
struct evidence_list {
	struct evidence **items;
	size_t n;
	/* of the whole run */
	outpost_Plan plan;
	outpost_PlanModule *modules;
	size_t n_modules;
	outpost_Boot boot; /* the last */
	bool has_boot;
	uint64_t boot_us; /* when `boot` was recorded, by the clock of that boot */
	uint64_t last_us; /* when the last entry was recorded, by the same clock */
	bool has_skew;
	int64_t skew_us;
	size_t n_records; /* in all attempts */
	bool ended;       /* no Boot entry after the last RunEnd */
	size_t n_ends;    /* RunEnds */
	outpost_RunEnd run_end;
	bool lost, cancelled;  /* see struct evidence_host; also set for a run without attempts */
	struct evidence *left; /* the attempt with the same two flags set; or NULL */
	struct evidence *current; /* the attempt under way; or NULL */
};

/* Adds the next entry. 0, or -EBADMSG (logged) if it contradicts the entries before it. */
int evidence_add(struct evidence_list *list, const outpost_Entry *entry);

/* Did the board go down unexpectedly, according to the board or the host? */
bool evidence_rebooted(const struct evidence *e);

/* How long the board was down, in milliseconds; false: not known. */
bool evidence_down_ms(const struct evidence *e, int64_t *ms);

/* Did the board fail to come back in time? */
bool evidence_unreachable(const struct evidence *e);

/*
 * Adds the complete frames at the start of `data`, a journal as stored on a host. Returns
 * their size in bytes, less than n if the last frame is incomplete, or -EBADMSG (logged) if
 * the data is not a journal. *own (may be NULL): how many of the bytes are the host's own
 * entries.
 */
ssize_t evidence_parse(struct evidence_list *list, const void *data, size_t n, size_t *own);

/*
 * Reads a journal file and ignores an incomplete last frame (logged at debug level). 0 or
 * -errno, logged.
 */
int evidence_read(struct evidence_list *list, const char *journal);

/*
 * The last attempt that did anything on the board, or NULL. It is blamed for what happens to
 * the board, not a module that was skipped after it.
 */
struct evidence *evidence_last(const struct evidence_list *list);

/* The last attempt at this module of the plan, or NULL. */
struct evidence *evidence_find(const struct evidence_list *list, uint32_t index);

void evidence_list_release(struct evidence_list *list);

#endif
