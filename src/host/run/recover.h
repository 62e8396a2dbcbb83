/* SPDX-License-Identifier: GPL-2.0-only */
/* Recovery of a lost board: what was done to get it back, and what happened to it. */
#ifndef OUTPOST_RUN_RECOVER_H
#define OUTPOST_RUN_RECOVER_H

#include "common/proto.h"
#include "host/run/journal.h"

#include <stdbool.h>

struct run_recovery;

/* Both must outlive it. */
struct run_recovery *run_recovery_new(const struct run_request *q, struct run_journal *journal);
void run_recovery_free(struct run_recovery *recovery);

/*
 * The link was cut: notes what was running. Keeps an earlier loss that is not explained yet,
 * and a reset of ours that is still to happen.
 */
void run_recovery_note_cut(struct run_recovery *recovery);
/* The link works, but the board makes no progress. */
void run_recovery_note_stuck(struct run_recovery *recovery);
/*
 * The board is in another boot than before. Its last sign of life was at `alive_ms` by
 * run_now_ms(); 0: unknown.
 */
void run_recovery_note_reboot(struct run_recovery *recovery, const outpost_Welcome *welcome,
			      long long alive_ms);
/* Reads whether an earlier host process reset the board without seeing it come back. */
void run_recovery_adopt(struct run_recovery *recovery);

/* Power-cycles or resets the board if possible and not tried yet. True: done. */
bool run_recovery_power_cycle(struct run_recovery *recovery);
/*
 * How long the board may take to come back: as the user says, but after a reset at least the
 * usual time.
 */
long long run_recovery_return_ms(const struct run_recovery *recovery);

/* A reboot was seen and is not explained yet. */
bool run_recovery_saw_reboot(const struct run_recovery *recovery);
/* The reboot came so soon after the end of the run that the run caused it. */
void run_recovery_blame_end(struct run_recovery *recovery);

/*
 * All entries of the previous boot have arrived: decides whether the board rebooted by itself,
 * hung, was only cut off, or rebooted after the run (`ended`), and adds that to the evidence.
 * `lost`: the board cannot be reached, so nobody knows.
 */
void run_recovery_tell_apart(struct run_recovery *recovery, bool ended, bool lost);
/* The run restarts on a board that answers: drops what was noted. */
void run_recovery_forget(struct run_recovery *recovery);

#endif
