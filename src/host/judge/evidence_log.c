// SPDX-License-Identifier: GPL-2.0-only
/* The kernel log of the window, as read. */
#include "host/judge/evidence_internal.h"

#include "common/alloc.h"

/* A journal comes from a board: limit what it can make the host store. */
#define RECORDS_MAX (1024u * 1024)      /* of one attempt */
#define ALL_MAX     (4u * RECORDS_MAX)  /* of all attempts */
#define TEXT_MAX    (64u * 1024 * 1024) /* of all records of one attempt */

void evidence_add_lost(struct evidence *e, uint64_t count, bool kept_back)
{
	if (!e->log.lost)
		e->log.lost_marks = e->trial.n_marks;
	e->log.lost += count ? count : 1;
	e->log.kept_back |= kept_back;
}

void evidence_add_record(struct evidence_list *list, struct evidence *e,
			 const outpost_Record *record)
{
	if (e->log.text.len + record->text.size > TEXT_MAX || e->log.n_records >= RECORDS_MAX ||
	    list->n_records >= ALL_MAX) {
		evidence_add_lost(e, 1, true);
		return;
	}
	list->n_records++;
	GROW(e->log.records, e->log.n_records);
	e->log.records[e->log.n_records++] = (struct evidence_record){
		.sequence = record->sequence,
		.time_us = record->time_us,
		.level = record->level,
		.user = record->user,
		.marks = e->trial.n_marks,
		.offset = e->log.text.len,
		.length = record->text.size,
	};
	strbuf_add(&e->log.text, record->text.bytes, record->text.size);
}
