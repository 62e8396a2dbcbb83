/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sends files to a board. A file is identified by the BLAKE2b-256 of its content. A file that
 * the board has is not sent again; if the board has an earlier version, only the difference is
 * sent (zstd with that version as prefix). The host remembers what it sent last; if the board
 * no longer has it, the board replies Need and gets the whole file.
 */
#ifndef OUTPOST_DEPLOY_H
#define OUTPOST_DEPLOY_H

#include "common/proto.h"
#include "common/strbuf.h"
#include "host/board/session.h"

struct deploy;

/* `board` must outlive the result. */
struct deploy *deploy_new(const struct board *board);
void deploy_free(struct deploy *deploy);
DEFINE_CLEANUP(struct deploy *, deploy_free);

/*
 * Adds a file. `key` is the same for all versions of a file ("hello", "hello test"). Stores
 * the file's hash in `hash`. 0 or -errno, logged.
 */
int deploy_add(struct deploy *deploy, const char *key, const char *path, uint8_t hash[HASH_SIZE]);

/* Queues the files that the board does not have yet. 0 or -errno, logged. */
int deploy_send(struct deploy *deploy, struct session *session);

/*
 * The board replied Need: queues that file in full. 0 or -errno, logged; -EPROTO if it was
 * never added.
 */
int deploy_need(struct deploy *deploy, struct session *session, const outpost_Need *need);

/* The board has all files: remembers that for next time. Errors are ignored. */
void deploy_remember(struct deploy *deploy);

/* Bytes queued so far, compressed. */
size_t deploy_sent(const struct deploy *deploy);

/*
 * Compresses `content` for a receiver that has `reference` (n 0: nothing), and appends it to
 * `out`. 0 or -errno, not logged.
 */
int deploy_pack(const void *content, size_t n, const void *reference, size_t reference_n,
		struct strbuf *out);

#endif
