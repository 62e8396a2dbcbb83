/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files evidence*.c share with each other and with nobody else. */
#ifndef OUTPOST_EVIDENCE_INTERNAL_H
#define OUTPOST_EVIDENCE_INTERNAL_H

#include "host/judge/evidence.h"

/* -EBADMSG, logged. */
int evidence_contradiction(const char *what);

/* evidence_find() and evidence_last(), for who adds to them. */
struct evidence *evidence_of(const struct evidence_list *list, uint32_t index);
struct evidence *evidence_blamed(const struct evidence_list *list);

/* evidence_board.c */
/* The attempt begins in the boot that the list is in. */
void evidence_begin_board(const struct evidence_list *list, struct evidence_board *board);
void evidence_add_boot(struct evidence_list *list, const outpost_Boot *boot, uint64_t now);
void evidence_learn_skew(struct evidence_list *list, uint64_t now, uint64_t record_us);
void evidence_add_reboot(struct evidence_list *list, const outpost_RebootOrdered *reboot);
void evidence_add_survivor(struct evidence_list *list, const outpost_Survivor *survivor);

/* evidence_host.c */
void evidence_add_recovery(struct evidence_list *list, const outpost_Recovery *recovery);
/* The board has said something: how the host had left the run does not hold any more. */
void evidence_forget_left(struct evidence_list *list);

/* evidence_log.c */
void evidence_add_record(struct evidence *e, const outpost_Record *record);
void evidence_add_lost(struct evidence *e, uint64_t count, bool kept_back);

/* evidence_trial.c: as evidence_add(). */
int evidence_add_to_trial(struct evidence *e, const outpost_Entry *entry);

#endif
