/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host's copy of a run's journal, the evidence in it, and notes beside it for the process
 * that collects the run.
 *
 * The copy keeps everything that arrived. A crash may cut off the end of the board's journal,
 * and the next supervisor then writes at a lower offset than the copy has. The difference is
 * stored in "skew".
 */
#ifndef OUTPOST_RUN_JOURNAL_H
#define OUTPOST_RUN_JOURNAL_H

#include "common/proto.h"
#include "host/judge/evidence.h"

struct run_request;
struct run_journal;

/* Empty, without a file. */
struct run_journal *run_journal_new(const struct run_request *q, const char *run);
void run_journal_free(struct run_journal *journal);

const char *run_journal_id(const struct run_journal *journal);
/* The folder of the run; NULL until the journal is opened. */
const char *run_journal_dir(const struct run_journal *journal);
/* The evidence from all entries. Valid until run_journal_restart(). */
const struct evidence_list *run_journal_evidence(const struct run_journal *journal);
/* The offset in the board's journal where its next entry begins. */
uint64_t run_journal_offset(const struct run_journal *journal);
/* When the last entry of the board came, by run_now_ms(); 0: none came. */
long long run_journal_heard_ms(const struct run_journal *journal);

/* Was the copy or an entry of the board rejected? (logged) */
bool run_journal_is_damaged(const struct run_journal *journal);

/*
 * Enters the run in the store before its plan is accepted, so that it is collected even if
 * this process dies. 0 or -errno, logged.
 */
int run_journal_enter(struct run_journal *journal, long long began_s);
/* Removes the run from the store: the board did not take it. */
void run_journal_forget(struct run_journal *journal);

enum journal_outcome {
	JOURNAL_OPENED,
	JOURNAL_FOLLOWED, /* another process on this host follows the run; not logged */
};

/* Opens the copy and adds what is in it. An enum journal_outcome, or -errno, logged. */
int run_journal_open(struct run_journal *journal);
/* Adds an ENTRY frame from the board. 0 or -errno, logged. */
int run_journal_add(struct run_journal *journal, const struct frame *frame);
/* Adds an entry of our own to the evidence and the copy, for whoever judges the run again. */
void run_journal_note(struct run_journal *journal, const outpost_Entry *entry);
/* Empties the journal: the board has lost what it sent so far. 0 or -errno, logged. */
int run_journal_restart(struct run_journal *journal);
/* The board's next entry begins at `offset`. */
void run_journal_rewind(struct run_journal *journal, uint64_t offset);

/* Notes beside the journal, for the process that collects the run. */
enum run_mark {
	MARK_CANCELLED, /* the user does not need the rest of the run */
	MARK_RESET,     /* we are about to reset the board: a reboot is ours, seen or not */
};

void run_journal_mark(const struct run_journal *journal, enum run_mark mark);
void run_journal_unmark(const struct run_journal *journal, enum run_mark mark);
bool run_journal_is_marked(const struct run_journal *journal, enum run_mark mark);

#endif
