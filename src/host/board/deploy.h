/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Carrying files to a board. A file is known by the BLAKE2b-256 of its
 * content. What the board has is not sent again; what it has an earlier
 * version of is sent as the difference (zstd with that version as prefix).
 * Which those are is remembered from last time; where that is wrong the board
 * says Need, and gets the whole file.
 */
#ifndef OUTPOST_DEPLOY_H
#define OUTPOST_DEPLOY_H

#include "common/proto.h"
#include "common/strbuf.h"
#include "host/board/session.h"

struct deploy;

/* Files for this board, which must outlive it. */
struct deploy *deploy_new(const struct board *board);
void deploy_free(struct deploy *deploy);
DEFINE_CLEANUP(struct deploy *, deploy_free);

/*
 * Adds a file. `key` says of what it is a version ("hello", "hello test").
 * Its hash goes to `hash`. 0 or -errno, logged.
 */
int deploy_add(struct deploy *deploy, const char *key, const char *path, uint8_t hash[HASH_SIZE]);

/* Queues what the board has not got yet. 0 or -errno, logged. */
int deploy_send(struct deploy *deploy, struct session *session);

/* The board said Need: queues that file in full. -EPROTO (said) for one that was never added. */
int deploy_need(struct deploy *deploy, struct session *session, const outpost_Need *need);

/* The board has them all: remembered for next time. Logs nothing. */
void deploy_remember(struct deploy *deploy);

/* Bytes queued so far, as they travel. */
size_t deploy_sent(const struct deploy *deploy);

/* Packs `content` for one who has `reference` (n 0: nothing). Appends to `out`. 0 or -errno. */
int deploy_pack(const void *content, size_t n, const void *reference, size_t reference_n,
		struct strbuf *out);

#endif
