/* SPDX-License-Identifier: GPL-2.0-only */
/* The connection to the board of a run: who answers, and since when it has been of no use. */
#ifndef OUTPOST_RUN_LINK_H
#define OUTPOST_RUN_LINK_H

#include "host/board/session.h"

struct run_request;
struct run_link;

/* `session` is the caller's, and may point to NULL. */
struct run_link *run_link_new(const struct run_request *q, struct session **session);
void run_link_free(struct run_link *link);

struct session *run_link_session(const struct run_link *link);
/* Connects where there is no session yet. As session_open(). */
int run_link_open(struct run_link *link);
/* Another connection, in place of this one, to a board that is well. As session_open(). */
int run_link_reopen(struct run_link *link);
/* The boot that the journal of a run tells of, before the board has said anything. */
void run_link_expect_boot(struct run_link *link, const char *boot_id);
/* The board has said who it is. True: it is another boot than before. */
bool run_link_greet(struct run_link *link, const outpost_Welcome *welcome);
/* The run begins in this boot, whatever went before. */
void run_link_begin_anew(struct run_link *link);

/* All of them "" where it is not known. */
const char *run_link_boot_id(const struct run_link *link);
const char *run_link_first_boot_id(const struct run_link *link);
const char *run_link_release(const struct run_link *link);
/* Something was heard of the run. */
void run_link_heard(struct run_link *link);
/* One more connection came to nothing. True: too many in a row have, for longer than `patience_ms`. */
bool run_link_is_futile(struct run_link *link, long long patience_ms);
/* How many have. */
unsigned int run_link_futile(const struct run_link *link);

#endif
