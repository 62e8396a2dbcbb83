/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host's copy of a run's journal, the evidence in it, and what is kept
 * beside it for whoever collects the run. It keeps all that ever arrived: a
 * crash may take the end of the board's own journal along, and what the new
 * supervisor then writes stands at a lower place there. The difference is kept
 * in "skew".
 */
#ifndef OUTPOST_RUN_JOURNAL_H
#define OUTPOST_RUN_JOURNAL_H

#include "common/proto.h"
#include "host/judge/evidence.h"

struct run_request;
struct run_journal;

/* Empty, and without a file. */
struct run_journal *run_journal_new(const struct run_request *q, const char *run);
void run_journal_free(struct run_journal *journal);

const char *run_journal_id(const struct run_journal *journal);
/* The folder of the run; NULL until it is opened. */
const char *run_journal_dir(const struct run_journal *journal);
/* What it says, entry by entry. Valid until run_journal_begin_anew(). */
const struct evidence_list *run_journal_evidence(const struct run_journal *journal);
/* Of the board's journal: where what comes next begins. */
uint64_t run_journal_offset(const struct run_journal *journal);
/* When the last entry of the board came, by our clock; 0: none has. */
long long run_journal_heard_ms(const struct run_journal *journal);

/* Enters the run whose plan is on its way into the store: whatever becomes of us, it is found, and
 * asked about. 0 or -errno, logged. */
int run_journal_enter(struct run_journal *journal, long long began_s);
/* The board did not take the run. */
void run_journal_forget(struct run_journal *journal);

/* Opens the copy; what is in it already is taken in. 0; JOURNAL_FOLLOWED, not logged: another process
 * here follows this run; -errno, logged. */
#define JOURNAL_FOLLOWED 1
int run_journal_open(struct run_journal *journal);
/* One ENTRY frame of the board's. 0 or -errno, logged. */
int run_journal_add(struct run_journal *journal, const struct frame *frame);
/* An entry of our own: evidence like any other, in the copy alone, for whoever judges it again. */
void run_journal_note(struct run_journal *journal, const outpost_Entry *entry);
/* The board has nothing of what it said so far, and neither have we then. 0 or -errno, logged. */
int run_journal_begin_anew(struct run_journal *journal);
/* The board goes on at `offset`. */
void run_journal_rewind(struct run_journal *journal, uint64_t offset);

/* Kept beside the journal for whoever collects the run. */
enum run_mark {
	MARK_CANCELLED, /* the user does not want the rest */
	MARK_RESET,     /* we are about to reset the board: that reboot is ours, also where no
			   process of ours sees it */
};

void run_journal_mark(const struct run_journal *journal, enum run_mark mark);
void run_journal_unmark(const struct run_journal *journal, enum run_mark mark);
bool run_journal_is_marked(const struct run_journal *journal, enum run_mark mark);

#endif
