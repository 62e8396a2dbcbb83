/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The connection to the board of a run: which boot answers, and whether connections bring
 * anything.
 */
#ifndef OUTPOST_RUN_LINK_H
#define OUTPOST_RUN_LINK_H

#include "host/board/session.h"

struct run_request;
struct run_link;

/* `session` stays the caller's, and may point to NULL. */
struct run_link *run_link_new(const struct run_request *q, struct session **session);
void run_link_free(struct run_link *link);

struct session *run_link_session(const struct run_link *link);
/* Connects unless there is a session. Returns as session_open(). */
int run_link_open(struct run_link *link);
/* Replaces the connection to a board that works. Returns as a quiet session_open(). */
int run_link_reopen(struct run_link *link);
/* Sets the boot that the journal of a run names, before the board answers. */
void run_link_expect_boot(struct run_link *link, const char *boot_id);
/* Notes the identity of the board. True: it is in another boot than before. */
bool run_link_greet(struct run_link *link, const outpost_Welcome *welcome);
/* The run starts over in the present boot. */
void run_link_restart(struct run_link *link);

/* "" while unknown. */
const char *run_link_boot_id(const struct run_link *link);
const char *run_link_first_boot_id(const struct run_link *link);
const char *run_link_release(const struct run_link *link);
/* Something of the run came. */
void run_link_heard(struct run_link *link);
/* Another connection brought nothing. True: too many in a row, for longer than `patience_ms`. */
bool run_link_is_futile(struct run_link *link, long long patience_ms);
/* How many have. */
unsigned int run_link_futile(const struct run_link *link);

#endif
