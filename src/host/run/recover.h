/* SPDX-License-Identifier: GPL-2.0-only */
/* A loss of the board: what was tried to get it back, and what had become of it. */
#ifndef OUTPOST_RUN_RECOVER_H
#define OUTPOST_RUN_RECOVER_H

#include "common/proto.h"
#include "host/run/journal.h"

#include <stdbool.h>

struct run_recovery;

/* Both must outlive it. */
struct run_recovery *run_recovery_new(const struct run_request *q, struct run_journal *journal);
void run_recovery_free(struct run_recovery *recovery);

/* The link was cut: notes what was under way. What an earlier loss left to be told apart stays, and
 * a reset of ours that is yet to come. */
void run_recovery_note_cut(struct run_recovery *recovery);
/* The link is well, and the board gets on with nothing. */
void run_recovery_note_stuck(struct run_recovery *recovery);
/*
 * The board is in another boot than before. Its last sign of life was at `alive_ms` by our clock; 0:
 * not known.
 */
void run_recovery_note_reboot(struct run_recovery *recovery, const outpost_Welcome *welcome,
			      long long alive_ms);
/* An earlier host process may have reset it, and not have seen it come back. */
void run_recovery_adopt(struct run_recovery *recovery);

/* Switches the board off and on, where there is a way and it was not tried yet. True when that was
 * done. */
bool run_recovery_power_cycle(struct run_recovery *recovery);
/* How long the board may take to come back: as the user said, once it was reset no less than usual. */
long long run_recovery_return_ms(const struct run_recovery *recovery);

/* A reboot was seen that is yet to be told apart. */
bool run_recovery_saw_reboot(const struct run_recovery *recovery);
/* It came so soon after the end of the run that it is the run's doing. */
void run_recovery_blame_end(struct run_recovery *recovery);

/*
 * Nothing more comes of the boot before: did the board reboot by itself, hang,
 * or was it only cut off, or rebooted when the run was over (`ended`)? Tells the
 * evidence. `lost`: the board cannot be reached, and nobody knows.
 */
void run_recovery_tell_apart(struct run_recovery *recovery, bool ended, bool lost);
/* The run restarts on a board that answers: forgets what was noted. */
void run_recovery_forget(struct run_recovery *recovery);

#endif
