/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the files evidence*.c only. */
#ifndef OUTPOST_EVIDENCE_INTERNAL_H
#define OUTPOST_EVIDENCE_INTERNAL_H

#include "host/judge/evidence.h"

/* Logs the contradiction. Returns -EBADMSG. */
int evidence_contradiction(const char *what);

/* evidence_board.c */
/* Starts an attempt in the list's current boot. */
void evidence_begin_board(const struct evidence_list *list, struct evidence_board *board);
void evidence_add_boot(struct evidence_list *list, const outpost_Boot *boot, uint64_t now);
void evidence_learn_skew(struct evidence_list *list, uint64_t now, uint64_t record_us);
void evidence_add_reboot(struct evidence_list *list, const outpost_RebootOrdered *reboot);
void evidence_add_survivor(struct evidence_list *list, const outpost_Survivor *survivor);

/* evidence_host.c */
void evidence_add_recovery(struct evidence_list *list, const outpost_Recovery *recovery);
/*
 * Call for each entry from the board: the host's last word on the run (lost, cancelled) is
 * outdated.
 */
void evidence_forget_left(struct evidence_list *list);

/* evidence_log.c */
void evidence_add_record(struct evidence_list *list, struct evidence *e,
			 const outpost_Record *record);
void evidence_add_lost(struct evidence *e, uint64_t count, bool kept_back);

/* evidence_trial.c. Returns as evidence_add(). */
int evidence_add_to_trial(struct evidence *e, const outpost_Entry *entry);

#endif
