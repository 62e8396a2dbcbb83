/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a journal says about one attempt at one module, taken out of the stream
 * of entries and put where the verdict can look at it. Nothing is judged here.
 *
 * Each part is written by one file, from entries and nothing else, and read by
 * all: what is not in a journal cannot decide.
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
	outpost_StepEnd end; /* the first that failed, else the last; valid where ended */
	uint64_t begin_us;
	uint64_t duration_us; /* of all repetitions */
};

struct evidence_record {
	uint64_t sequence;
	uint64_t time_us;
	uint32_t level;
	bool user;             /* user space wrote it to /dev/kmsg */
	size_t marks;          /* how many steps had begun when it was journaled */
	size_t offset, length; /* of the text, within evidence.text */
};

/* A step began: tells in which one something in the log happened. */
struct evidence_mark {
	uint64_t time_us;
	outpost_Step step;
};

/* What the supervisor did with the module, and found. evidence_trial.c */
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
	size_t lost_marks;  /* how many steps had begun when that was first noticed */
	bool kept_back;     /* some of them for their number */
};

/* Which boot it was in, and what the board says of its end. evidence_board.c */
struct evidence_board {
	char boot_id[40], nonce[40]; /* when the module began */
	uint32_t watchdog_s;         /* armed with this time-out; 0: not armed */
	bool rebooted;               /* without an order: the next Boot is another one */
	bool restored;       /* the same boot_id with another nonce: set back to a snapshot */
	bool reboot_ordered; /* by the supervisor, after this module: its reason is in reboot_why */
	char reboot_why[128];
	bool has_down;
	int64_t down_ms; /* between the last sign of life and the start of the next boot */
	bool has_skew;
	int64_t skew_us; /* how far the clock of the entries is ahead of the kernel log's */
};

struct evidence_file {
	char name[64];
	size_t offset, length; /* within evidence_survivors.data */
};

/* What survived the crash: pstore's files, as they are. evidence_board.c */
struct evidence_survivors {
	struct strbuf data;
	struct evidence_file *files;
	size_t n;
};

/* From Recovery entries: what only the host knows. evidence_host.c */
struct evidence_host {
	char *tried;       /* to get the board back, in words; NULL: nothing */
	bool power_cycled; /* and that worked */
	bool cut_off;      /* the board had not hung, only the link was dead */
	bool unreachable;  /* nobody saw the board come back; no later entry changes that */
	bool rebooted;     /* the board was found in another boot, which nobody had ordered */
	bool has_down;
	int64_t down_ms; /* as the board's, by the host's clock, which is the better one */
	bool lost;       /* the board cannot be reached, as far as the journal goes */
	bool cancelled;  /* likewise: the user has interrupted the run */
};

/* Of the RunEnd of the run that it was under way in. evidence.c */
struct evidence_run {
	bool cancelled;
	char why[256]; /* it could not go on; "": it could */
};

struct evidence {
	/* Known when it begins, and not changed any more. evidence.c */
	outpost_PlanModule plan;
	const outpost_PlanModule *modules; /* of the whole plan; the list owns them */
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

/* All attempts that a journal tells of, in order. */
struct evidence_list {
	struct evidence **items;
	size_t n;
	/* of the whole run */
	outpost_Plan plan;
	outpost_PlanModule *modules;
	size_t n_modules;
	outpost_Boot boot; /* the last */
	bool has_boot;
	uint64_t boot_us; /* when it was recorded, by that boot's clock */
	uint64_t last_us; /* likewise the last entry */
	bool has_skew;
	int64_t skew_us;
	bool ended;    /* no Boot came after the last RunEnd */
	size_t n_ends; /* RunEnds */
	outpost_RunEnd run_end;
	bool lost, cancelled;     /* see struct evidence_host; also of a run without any attempt */
	struct evidence *left;    /* the attempt that has these two as well; or NULL */
	struct evidence *current; /* the attempt that entries belong to now; or NULL */
};

/* Takes in the next entry. -EBADMSG when it contradicts what came before (said). */
int evidence_add(struct evidence_list *list, const outpost_Entry *entry);

/* Did the step go wrong, or not its whole way, by any of what its end says? */
bool evidence_step_failed(const outpost_StepEnd *end);

/* Did the board go down without an order, by what the board or the host says? */
bool evidence_rebooted(const struct evidence *e);

/* For how long, in milliseconds; false: not known. */
bool evidence_down_ms(const struct evidence *e, int64_t *ms);

/* The board did not come back in its time. */
bool evidence_unreachable(const struct evidence *e);

/*
 * Takes in the whole frames at the start of `data`, a journal as a host keeps
 * it: how many bytes they are, which is less than n when the last one is torn
 * off; -EBADMSG (logged) for bytes that are not a journal. *own: how many of them
 * are the host's own entries; may be NULL.
 */
ssize_t evidence_parse(struct evidence_list *list, const void *data, size_t n, size_t *own);

/* Reads a whole journal file; a torn last frame is dropped, and said at debug level. 0 or -errno,
 * logged. */
int evidence_read(struct evidence_list *list, const char *journal);

/*
 * The last attempt that did anything on the board, or NULL: what happens to
 * the board is its doing, not that of a module skipped after it.
 */
const struct evidence *evidence_last(const struct evidence_list *list);

/* The last attempt at this module of the plan, or NULL. */
const struct evidence *evidence_find(const struct evidence_list *list, uint32_t index);

void evidence_list_release(struct evidence_list *list);

#endif
