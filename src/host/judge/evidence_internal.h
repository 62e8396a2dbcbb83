/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files evidence*.c share with each other and with nobody else. */
#ifndef OUTPOST_EVIDENCE_INTERNAL_H
#define OUTPOST_EVIDENCE_INTERNAL_H

#include "host/judge/evidence.h"

/* -EBADMSG, said. */
int evidence_contradiction(const char *what);

/* evidence_attempt.c: an entry of the module under way; outside of one they say nothing about any
 * module. As evidence_add(). */
int evidence_add_to_attempt(struct evidence *e, const outpost_Entry *entry);

#endif
